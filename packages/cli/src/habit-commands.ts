import { canonicalAddress } from '@connscan/model';
import type { Command } from 'commander';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { formatDecision, formatHabits } from './format-habits.ts';
import { ask, change, createGraphqlClient } from './graphql-client.ts';
import { readWholeNumber } from './read-whole-number.ts';
import type { DecidedHabitAnswer, HabitsAnswer } from './tuning-answers.ts';
import { FORGET_HABIT, HABITS, PIN_HABIT, REVOKE_HABIT } from './tuning-documents.ts';

type ListArguments = ClientArguments & { readonly source?: string; readonly limit: string };
type DecideArguments = ClientArguments & { readonly reason?: string };

/** The aggregator lists no more of those that were learnt. */
const MOST_LISTED = 1000;

/** `habitual list|pin|revoke|forget`. */
export function addHabitCommands(program: Command): void {
  const group = program
    .command('habitual')
    .description('Says which services are touched so regularly that they do not count');

  addClientCommand(group, 'list', 'Lists what was decided, and what was learnt, seen last first', { isDefault: true })
    .option('--source <address>', 'of this source')
    .option('--limit <number>', 'how many that were learnt at most', '200')
    .action(async (args: ListArguments, command) => {
      const problems: string[] = [];
      const first = readWholeNumber('--limit', args.limit, MOST_LISTED, problems);
      const source = args.source === undefined ? undefined : readAddress('--source', args.source, problems);
      refuseProblems(command, problems);
      const { habits } = await ask<HabitsAnswer>(createGraphqlClient(args), HABITS, { source, first });
      print(args, habits, formatHabits);
    });

  addDecision(group, 'pin', 'From now on a service that a source touches never counts', PIN_HABIT);
  addDecision(group, 'revoke', 'From now on it always counts, whatever was learnt of it', REVOKE_HABIT);
  addDecision(group, 'forget', 'Takes back what was decided of it', FORGET_HABIT);
}

function addDecision(group: Command, verb: string, description: string, document: string): void {
  addClientCommand(group, `${verb} <source> <destination> <port>`, description)
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it')
    .action(async (from: string, to: string, port: string, args: DecideArguments, command) => {
      const problems: string[] = [];
      const service = {
        source: readAddress('source', from, problems),
        destination: readAddress('destination', to, problems),
        port: readWholeNumber('port', port, 65_535, problems),
      };
      refuseProblems(command, problems);
      const variables = { ...service, reason: args.reason };
      const { result } = await change<DecidedHabitAnswer>(createGraphqlClient(args), document, variables);
      print(args, result, formatDecision);
    });
}

function readAddress(option: string, text: string, problems: string[]): string {
  const address = canonicalAddress(text);
  if (address === undefined) problems.push(`${option}: must be an IPv4 or IPv6 address, is ${JSON.stringify(text)}`);
  return address ?? text;
}
