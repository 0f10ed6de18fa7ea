import { CONFIDENCES, ConnscanError, SEVERITIES } from '@connscan/model';
import type { Command } from 'commander';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { formatOutputs, type Output } from './format-outputs.ts';
import { type Aggregator, ask, change, createGraphqlClient } from './graphql-client.ts';
import {
  CREATE_OUTPUT,
  ENABLE_OUTPUT,
  OUTPUTS,
  REMOVE_OUTPUT,
  RESEND_FAILED,
  TEST_OUTPUT,
} from './output-documents.ts';
import { ALERTS, FORMATS, type OutputArguments, readOutput } from './output-options.ts';
import { wordOption } from './word-option.ts';

type OutputAnswer = { readonly result: Output };
type TestAnswer = { readonly result: { readonly delivered: boolean; readonly error: string | null } };

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `outputs list|create|test|resend|enable|disable|remove`; an output is named by its name or its id. */
export function addOutputCommands(program: Command): void {
  const group = program.command('outputs').description('Says where detections are sent, and how that goes');

  addClientCommand(group, 'list', 'Lists where detections are sent', { isDefault: true }).action(
    async (args: ClientArguments, command) => {
      refuseProblems(command);
      print(args, await findOutputs(args), formatOutputs);
    },
  );

  addClientCommand(group, 'create <name>', 'Sends every alert from now on to another place too')
    .option('--webhook <url>', 'to a receiver of HTTP requests')
    .option('--secret-file <file>', 'with what its requests are signed with, as the Standard Webhooks have it: whsec_…')
    .option('--syslog <address>', 'to a syslog server, such as tls://siem.example.org:6514')
    .option('--ca <file>', 'with the certificates that its own is checked against')
    .option('--file <name>', "to this file in the folder `outputs` of the aggregator's data directory")
    .option('--allow-private', 'also if it is on this host or in a private network')
    .addOption(wordOption('--format <format>', 'as what (default: connscan)', FORMATS))
    .addOption(wordOption('--severity <severity>', 'of this severity at least', SEVERITIES))
    .addOption(wordOption('--confidence <confidence>', 'of this confidence at least', CONFIDENCES))
    .addOption(wordOption('--alert <type>', 'alerts of this type; repeatable', ALERTS).argParser(collect))
    .option('--untriaged', 'of detections that nobody has acknowledged or resolved')
    .action(async (name: string, args: ClientArguments & OutputArguments, command) => {
      const problems: string[] = [];
      const wanted = await readOutput(args, problems);
      refuseProblems(command, problems);
      const { result } = await change<OutputAnswer>(createGraphqlClient(args), CREATE_OUTPUT, { name, ...wanted });
      print(args, result, (output, screen) => formatOutputs([output], screen));
    });

  addClientCommand(
    group,
    'test <output>',
    'Sends a made-up detection; the exit code is 1 if it does not arrive',
  ).action(async (name: string, args: ClientArguments, command) => {
    refuseProblems(command);
    const { id } = await findOutput(args, name);
    const { result } = await change<TestAnswer>(createGraphqlClient(args), TEST_OUTPUT, { id });
    print(args, result, ({ error }) => (error === null ? 'it arrived\n' : `it did not arrive: ${error}\n`));
    if (!result.delivered) process.exitCode = 1;
  });

  addChange(group, 'resend <output>', 'Sends what was given up again', RESEND_FAILED);
  addChange(group, 'enable <output>', 'Switches it on', ENABLE_OUTPUT, { enabled: true });
  addChange(group, 'disable <output>', 'Switches it off; what waits is kept', ENABLE_OUTPUT, { enabled: false });
  addChange(group, 'remove <output>', 'Sends nothing there any more, also not what waits', REMOVE_OUTPUT);
}

function addChange(group: Command, usage: string, description: string, document: string, more: object = {}): void {
  addClientCommand(group, usage, description).action(async (name: string, args: ClientArguments, command) => {
    refuseProblems(command);
    const { id } = await findOutput(args, name);
    const { result } = await change<OutputAnswer>(createGraphqlClient(args), document, { id, ...more });
    print(args, result, (output, screen) => formatOutputs([output], screen));
  });
}

async function findOutputs(aggregator: Aggregator): Promise<readonly Output[]> {
  const { outputs } = await ask<{ readonly outputs: readonly Output[] }>(createGraphqlClient(aggregator), OUTPUTS, {});
  return outputs;
}

async function findOutput(aggregator: Aggregator, name: string): Promise<Output> {
  const found = (await findOutputs(aggregator)).find((output) => output.name === name || output.id === name);
  if (!found) throw new ConnscanError('BAD_USAGE', `output: there is none of the name or id ${JSON.stringify(name)}`);
  return found;
}
