import { readFile } from 'node:fs/promises';
import { ConnscanError } from '@connscan/model';
import type { Command } from 'commander';
import type { PoliciesAnswer, RolledBackAnswer, SetPolicyAnswer } from './answers.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { POLICIES, ROLL_BACK_POLICY, SET_POLICY } from './documents.ts';
import { formatPolicies, formatPolicy, formatSetPolicy } from './format-policies.ts';
import { ask, change, createGraphqlClient } from './graphql-client.ts';
import { readLabels } from './read-labels.ts';

type SetArguments = ClientArguments & {
  readonly name?: string;
  readonly label?: readonly string[];
  readonly reason?: string;
  readonly draft?: boolean;
};

type RollBackArguments = ClientArguments & { readonly reason?: string };

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `policy get|set|rollback`. */
export function addPolicyCommands(program: Command): void {
  const group = program.command('policy').description('Shows and sets what the agents detect and with which limits');

  addClientCommand(group, 'get [version]', 'Lists the documents, the latest first, or shows one').action(
    async (text: string | undefined, args: ClientArguments, command) => {
      const problems: string[] = [];
      const version = text === undefined ? undefined : readVersion(text, problems);
      refuseProblems(command, problems);
      const { policies } = await ask<PoliciesAnswer>(createGraphqlClient(args), POLICIES, {});
      if (version === undefined) return print(args, policies, formatPolicies);
      const policy = policies.find((one) => one.version === version);
      if (!policy) throw new ConnscanError('BAD_USAGE', `version: there is no policy of version ${version}`);
      print(args, policy, formatPolicy);
    },
  );

  addClientCommand(group, 'set <file>', 'Sets a document in YAML or JSON, in the place of the one of its name')
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it')
    .option('--name <name>', 'what it is a version of (default: default)')
    .option('--label <name=value>', 'label that an agent must have; repeatable', collect)
    .option('--draft', 'for nobody until `policy rollout`')
    .action(async (file: string, args: SetArguments, command) => {
      const problems: string[] = [];
      const selector = readLabels(args.label ?? [], problems);
      const document = await readFile(file, 'utf8').catch((error: Error) => {
        problems.push(error.message);
        return '';
      });
      refuseProblems(command, problems);
      const { name, reason, draft } = args;
      const variables = { name, selector, document, reason, draft };
      const { setPolicy } = await change<SetPolicyAnswer>(createGraphqlClient(args), SET_POLICY, variables);
      print(args, setPolicy, formatSetPolicy);
    });

  addClientCommand(group, 'rollback <version>', 'Withdraws every document above a version; 0 withdraws all')
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it')
    .action(async (text: string, args: RollBackArguments, command) => {
      const problems: string[] = [];
      const version = readVersion(text, problems);
      refuseProblems(command, problems);
      const variables = { version, reason: args.reason };
      const answer = await change<RolledBackAnswer>(createGraphqlClient(args), ROLL_BACK_POLICY, variables);
      print(args, answer.rollBackPolicy, ({ withdrawn }) => `${withdrawn} documents were withdrawn\n`);
    });
}

function readVersion(text: string, problems: string[]): number {
  if (!/^\d{1,15}$/.test(text)) problems.push(`version: must be a whole number, is ${JSON.stringify(text)}`);
  return Number(text);
}
