import { writeFile } from 'node:fs/promises';
import { ConnscanError } from '@connscan/model';
import type { Command } from 'commander';
import { catchInterrupt, INTERRUPTED } from './catch-interrupt.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { formatSuggestion } from './format-suggestion.ts';
import { ask, change, createGraphqlClient } from './graphql-client.ts';
import { readLabels } from './read-labels.ts';
import { readPastTime } from './read-past-time.ts';
import { runWhatIf } from './run-what-if.ts';
import type { StartedAnswer, SuggestionAnswer } from './tuning-answers.ts';
import { START_SUGGESTION, SUGGESTION } from './tuning-documents.ts';

type SuggestArguments = ClientArguments & {
  readonly perWeek?: string;
  readonly label?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly save?: string;
};

/** The aggregator takes no more. */
const MOST_PER_WEEK = 100_000;

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `suggest`. */
export function addSuggestCommand(program: Command): void {
  addClientCommand(program, 'suggest', 'Finds the thresholds that would have kept so many detections a week')
    .option('--per-week <detections>', 'so many of each model at most')
    .option('--label <name=value>', 'of agents with this label, and what they saw; repeatable', collect)
    .option('--since <time>', 'from this time on, such as 2026-01-31T12:00:00Z or 7d ago (default: 7d)')
    .option('--until <time>', 'before this time (default: now)')
    .option('--save <file>', 'with the document that `policy set` takes')
    .action(async (args: SuggestArguments, command) => {
      const problems: string[] = [];
      const input = readInput(args, problems);
      refuseProblems(command, problems);
      const client = createGraphqlClient(args);
      const start = async () => (await change<StartedAnswer>(client, START_SUGGESTION, { input })).result.id;
      using interrupt = catchInterrupt();
      const id = await runWhatIf(client, start, interrupt.signal);
      if (id === undefined) {
        process.exitCode = INTERRUPTED;
        return;
      }
      const { whatIf } = await ask<SuggestionAnswer>(client, SUGGESTION, { id });
      print(args, whatIf!, formatSuggestion);
      if (args.save !== undefined) await save(args.save, whatIf!.result.suggestion.document);
    });
}

function readInput({ perWeek, label = [], since, until }: SuggestArguments, problems: string[]) {
  const nowMs = Date.now();
  const time = (option: string, text: string | undefined) =>
    text === undefined ? undefined : readPastTime(option, text, nowMs, problems);
  return {
    detectionsPerWeek: readPerWeek(perWeek, problems),
    labels: readLabels(label, problems),
    since: time('since', since),
    until: time('until', until),
  };
}

function readPerWeek(text: string | undefined, problems: string[]): number {
  const number = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (number > MOST_PER_WEEK) {
    const told = text === undefined ? '' : `, is ${JSON.stringify(text)}`;
    problems.push(`--per-week: must be a whole number from 0 to ${MOST_PER_WEEK}${told}`);
  }
  return number;
}

async function save(file: string, document: string): Promise<void> {
  try {
    await writeFile(file, document);
  } catch (error) {
    throw new ConnscanError('BAD_USAGE', `--save: ${(error as Error).message}`, { cause: error });
  }
}
