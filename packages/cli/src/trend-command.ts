import type { Command } from 'commander';
import type { TrendAnswer } from './answers.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { TREND } from './documents.ts';
import { formatTrend } from './format-trend.ts';
import { ask, createGraphqlClient } from './graphql-client.ts';
import { readPastTime } from './read-past-time.ts';
import { wordOption } from './word-option.ts';

const KEYS = ['severity', 'outcome', 'port'];
const HOUR_MS = 3_600_000;

/** So many columns of a chart, beside its scale, fit a terminal of 80. */
const BUCKETS = 60;

type TrendArguments = ClientArguments & { readonly by: string; readonly since: string; readonly until?: string };

/** `trend`. */
export function addTrendCommand(program: Command): void {
  addClientCommand(program, 'trend', 'Draws detections or connections over time')
    .addOption(
      wordOption('--by <key>', 'detections by severity, or connections by outcome or port', KEYS).default('severity'),
    )
    .option('--since <time>', 'from this time on, such as 2026-01-31T12:00:00Z or 7d ago', '24h')
    .option('--until <time>', 'before this time (default: now)')
    .action(async (args: TrendArguments, command) => {
      const problems: string[] = [];
      const nowMs = Date.now();
      const since = readPastTime('since', args.since, nowMs, problems);
      const until = readPastTime('until', args.until ?? new Date(nowMs).toISOString(), nowMs, problems);
      if (!KEYS.includes(args.by)) problems.push(`--by: must be one of ${KEYS.join(', ')}`);
      if (problems.length === 0 && since >= until) problems.push('--since: must be before --until');
      refuseProblems(command, problems);
      const spanMs = Date.parse(until) - Date.parse(since);
      const bucketSeconds = Math.ceil(spanMs / HOUR_MS / BUCKETS) * 3600;
      const variables = { since, until, bucketSeconds, by: args.by.toUpperCase() };
      const { trend } = await ask<TrendAnswer>(createGraphqlClient(args), TREND, variables);
      print(args, trend, (found, screen) => formatTrend(found, { since, until }, screen));
    });
}
