import { ConnscanError } from '@connscan/model';
import type { Command } from 'commander';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import {
  type ExceptionArguments,
  type ExceptionInput,
  readException,
  readExceptionChange,
  SCOPE_NAMES,
} from './exception-options.ts';
import { formatExceptions } from './format-exceptions.ts';
import { ask, change, createGraphqlClient } from './graphql-client.ts';
import { printableText } from './printable-text.ts';
import type { ChangedExceptionAnswer, Exception, ExceptionsAnswer } from './tuning-answers.ts';
import { CREATE_EXCEPTION, EXCEPTIONS, REMOVE_EXCEPTION, UPDATE_EXCEPTION } from './tuning-documents.ts';
import { wordOption } from './word-option.ts';

type AddArguments = ClientArguments & ExceptionArguments & { readonly document?: string };
type RemoveArguments = ClientArguments & { readonly reason?: string };

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `exceptions list|add|change|remove`. */
export function addExceptionCommands(program: Command): void {
  const group = program
    .command('exceptions')
    .description('Says which connections do not count, and how many those are');

  addClientCommand(group, 'list', 'Lists the exceptions, those that have expired too', { isDefault: true }).action(
    async (args: ClientArguments, command) => {
      refuseProblems(command);
      print(args, await findExceptions(args), formatExceptions);
    },
  );

  addFields(addClientCommand(group, 'add <name>', 'Makes an exception, in force within a second'))
    .option('--document <name>', 'the policy document to put it into (default: exceptions)')
    .action(async (name: string, args: AddArguments, command) => {
      const problems: string[] = [];
      const input = readException(args, Date.now(), problems);
      refuseProblems(command, problems);
      await save(args, CREATE_EXCEPTION, { ...input, name, document: args.document });
    });

  addFields(addClientCommand(group, 'change <name>', 'Changes what is said of an exception; the rest stays'))
    .addOption(wordOption('--any <scope>', 'takes any of these again; repeatable', SCOPE_NAMES).argParser(collect))
    .action(async (name: string, args: AddArguments, command) => {
      const problems: string[] = [];
      const changed = readExceptionChange(args, Date.now(), problems);
      refuseProblems(command, problems);
      const before = (await findExceptions(args)).find((exception) => exception.name === name);
      if (!before) throw new ConnscanError('BAD_USAGE', `name: there is no exception ${JSON.stringify(name)}`);
      const { sources, targets, ports, processes, owner, reason, expiresAt } = before;
      const input = { sources, targets, ports, processes, owner, reason, expiresAt, ...changed };
      if (input.reason === null) throw new ConnscanError('BAD_USAGE', '--reason: must be given, as it has none yet');
      await save(args, UPDATE_EXCEPTION, { ...input, name });
    });

  addClientCommand(group, 'remove <name>', 'Takes an exception away; what it took counts again')
    .option('--reason <text>', 'why, for the audit log')
    .action(async (name: string, args: RemoveArguments, command) => {
      refuseProblems(command);
      const variables = { name, reason: args.reason };
      const { result } = await change<ChangedExceptionAnswer>(createGraphqlClient(args), REMOVE_EXCEPTION, variables);
      print(args, result, (removed) => `exception ${printableText(removed.name)} was removed\n`);
    });
}

function addFields(command: Command): Command {
  return command
    .option('--source <range>', 'connections from this address or range; repeatable', collect)
    .option('--target <range>', 'connections to this address or range; repeatable', collect)
    .option('--port <port>', 'connections to this port; repeatable', collect)
    .option('--process <name>', 'connections by a process of this name or path; repeatable', collect)
    .option('--owner <name>', 'who answers for it (default: whoever makes it)')
    .option('--reason <text>', 'why it is there')
    .option('--expires <time>', 'from when it holds no more, such as 2099-01-31T12:00:00Z, 30d, or never');
}

async function findExceptions(args: ClientArguments): Promise<readonly Exception[]> {
  return (await ask<ExceptionsAnswer>(createGraphqlClient(args), EXCEPTIONS, {})).exceptions;
}

type Input = ExceptionInput & { readonly name: string; readonly document?: string | undefined };

async function save(args: ClientArguments, document: string, input: Input): Promise<void> {
  const { result } = await change<ChangedExceptionAnswer>(createGraphqlClient(args), document, { input });
  print(args, result, (exception, screen) => formatExceptions([exception], screen));
}
