import { ConnscanError } from '@connscan/model';
import { addCommand, unknownArguments } from '@connscan/program';
import type { Command, CommandOptions } from 'commander';
import type { Aggregator } from './graphql-client.ts';
import { type Screen, screenOf } from './screen.ts';

/** Options of every command that asks the aggregator. */
export type ClientArguments = Aggregator & { readonly json?: boolean };

/** Adds a command that asks the aggregator. */
export function addClientCommand(
  program: Command,
  nameAndArguments: string,
  description: string,
  options: CommandOptions = {},
): Command {
  return addCommand(program, nameAndArguments, description, options)
    .option('--url <url>', "the aggregator's GraphQL", process.env.CONNSCAN_URL ?? 'http://127.0.0.1:8470/graphql')
    .option(
      '--token-file <file>',
      'with the token (default: CONNSCAN_TOKEN, or the file that CONNSCAN_TOKEN_FILE names)',
    )
    .option('--json', 'as JSON, with every field');
}

/** Throws BAD_USAGE with everything that the command does not know, and the problems found elsewhere, one a line. */
export function refuseProblems(command: Command, problems: readonly string[] = []): void {
  const all = [...unknownArguments(command), ...problems];
  if (all.length > 0) throw new ConnscanError('BAD_USAGE', all.join('\n'));
}

/** Prints an answer as JSON, or as `format` writes it for the screen that standard output is. */
export function print<Found>(
  { json }: { readonly json?: boolean },
  found: Found,
  format: (found: Found, screen: Screen) => string,
): void {
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : format(found, screenOf(process.stdout)));
}
