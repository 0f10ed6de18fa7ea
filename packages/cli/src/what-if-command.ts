import { readFile } from 'node:fs/promises';
import { MOST_SERVICES } from '@connscan/model';
import type { Command } from 'commander';
import { catchInterrupt, INTERRUPTED } from './catch-interrupt.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { formatWhatIf } from './format-what-if.ts';
import { ask, change, createGraphqlClient } from './graphql-client.ts';
import { readLabels } from './read-labels.ts';
import { readPastTime } from './read-past-time.ts';
import { readWholeNumber } from './read-whole-number.ts';
import { runWhatIf } from './run-what-if.ts';
import type { StartedAnswer, WhatIfAnswer } from './tuning-answers.ts';
import { START_WHAT_IF, WHAT_IF } from './tuning-documents.ts';

type WhatIfArguments = ClientArguments & {
  readonly version?: string;
  readonly name?: string;
  readonly label?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly curve?: string;
};

/** The aggregator draws a curve of so many thresholds at most. */
const MOST_POINTS = 20;
const MOST_VERSION = 999_999_999;

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `what-if`. */
export function addWhatIfCommand(program: Command): void {
  addClientCommand(program, 'what-if [file]', 'Tries a policy on recorded sightings, and changes nothing')
    .option('--version <version>', 'the document of this version, such as a draft, instead of a file')
    .option('--name <name>', 'in the place of the document of this name (default: laid over all documents)')
    .option('--label <name=value>', 'of agents with this label, and what they saw; repeatable', collect)
    .option('--since <time>', 'from this time on, such as 2026-01-31T12:00:00Z or 7d ago (default: a day ago)')
    .option('--until <time>', 'before this time (default: now)')
    .option('--curve <services>', 'thresholds of the curve, such as 5,10,20 (default: around those of the policies)')
    .action(async (file: string | undefined, args: WhatIfArguments, command) => {
      const problems: string[] = [];
      // The parser takes the first option that it does not know for the argument that may be left out.
      const isOption = file?.startsWith('-') ?? false;
      if (isOption) problems.push(`${file}: unknown, see what-if --help`);
      const input = await readInput(isOption ? undefined : file, args, problems);
      refuseProblems(command, problems);
      const client = createGraphqlClient(args);
      const start = async () => (await change<StartedAnswer>(client, START_WHAT_IF, { input })).result.id;
      using interrupt = catchInterrupt();
      const id = await runWhatIf(client, start, interrupt.signal);
      if (id === undefined) {
        process.exitCode = INTERRUPTED;
        return;
      }
      const { whatIf } = await ask<WhatIfAnswer>(client, WHAT_IF, { id });
      print(args, whatIf!, formatWhatIf);
    });
}

async function readInput(file: string | undefined, args: WhatIfArguments, problems: string[]) {
  const { version, name, label = [], since, until, curve } = args;
  if ((file === undefined) === (version === undefined)) problems.push('file, --version: exactly one must be given');
  if (version !== undefined && name !== undefined) problems.push('--name: goes with a file, as a version has its own');
  const nowMs = Date.now();
  const time = (option: string, text: string | undefined) =>
    text === undefined ? undefined : readPastTime(option, text, nowMs, problems);
  const document = file === undefined ? undefined : await readText(file, problems);
  return {
    document,
    name,
    version: version === undefined ? undefined : readWholeNumber('--version', version, MOST_VERSION, problems),
    labels: readLabels(label, problems),
    since: time('since', since),
    until: time('until', until),
    curve: curve === undefined ? undefined : readCurve(curve, problems),
  };
}

function readText(file: string, problems: string[]): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    problems.push(`file: ${error.message}`);
    return '';
  });
}

function readCurve(text: string, problems: string[]): number[] {
  const words = text.split(',');
  if (words.length > MOST_POINTS)
    problems.push(`--curve: must be at most ${MOST_POINTS} thresholds, are ${words.length}`);
  return words.map((word) => readWholeNumber('--curve', word.trim(), MOST_SERVICES, problems));
}
