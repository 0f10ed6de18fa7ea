import { CONFIDENCES, ConnscanError, canonicalAddress, SEVERITIES } from '@connscan/model';
import type { Command } from 'commander';
import type { DetectionFilter } from './answers.ts';
import { readPastTime } from './read-past-time.ts';
import { wordOption } from './word-option.ts';

const STATES = ['open', 'closed'];
const TRIAGE_STATES = ['new', 'acknowledged', 'resolved'];

/** Options that choose detections, as they are written. */
export type FilterArguments = {
  readonly severity?: string;
  readonly confidence?: string;
  readonly state?: string;
  readonly source?: string;
  readonly target?: string;
  readonly port?: string;
  readonly network?: string;
  readonly model?: string;
  readonly agent?: string;
  readonly triage?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly all?: boolean;
};

/** Adds the options that choose detections. */
export function addFilter(command: Command): Command {
  return command
    .addOption(wordOption('--severity <severity>', 'of this severity', SEVERITIES))
    .addOption(wordOption('--confidence <confidence>', 'of this confidence', CONFIDENCES))
    .addOption(wordOption('--state <state>', 'that go on, or are over', STATES))
    .addOption(wordOption('--triage <state>', 'of which people made this', TRIAGE_STATES))
    .option('--source <address>', 'by this source')
    .option('--network <cidr>', 'by sources in this network')
    .option('--target <address>', 'that touched this host')
    .option('--port <port>', 'that touched this port')
    .option('--model <name>', 'of this detection model')
    .option('--agent <id>', 'that this agent tells of or saw')
    .option('--since <time>', 'started at or after this time, such as 2026-01-31T12:00:00Z or 24h ago')
    .option('--until <time>', 'started before this time');
}

/** The filter and the limit of a command line; throws BAD_USAGE with every problem, one a line. */
export function readFilter(
  args: FilterArguments,
  unknown: readonly string[],
  nowMs: number = Date.now(),
): { filter: DetectionFilter; limit: number } {
  const problems = [...unknown];
  const oneOf = (option: string, value: string | undefined, words: readonly string[]) => {
    if (value !== undefined && !words.includes(value)) problems.push(`--${option}: must be one of ${words.join(', ')}`);
    return value?.toUpperCase();
  };
  const address = (option: string, value: string | undefined) => {
    const text = value === undefined ? undefined : canonicalAddress(value);
    if (value !== undefined && text === undefined) problems.push(`--${option}: must be an IPv4 or IPv6 address`);
    return text;
  };
  const number = (option: string, value: string | undefined, most: number) => {
    const whole = Number(value ?? 1);
    if (!Number.isInteger(whole) || whole < 1 || whole > most) {
      problems.push(`--${option}: must be a whole number from 1 to ${most}`);
    }
    return value === undefined ? undefined : whole;
  };
  const time = (option: string, value: string | undefined) =>
    value === undefined ? undefined : readPastTime(option, value, nowMs, problems);
  const filter = {
    severity: oneOf('severity', args.severity, SEVERITIES),
    confidence: oneOf('confidence', args.confidence, CONFIDENCES),
    state: oneOf('state', args.state, STATES),
    triage: oneOf('triage', args.triage, TRIAGE_STATES),
    source: address('source', args.source),
    target: address('target', args.target),
    port: number('port', args.port, 65_535),
    network: args.network,
    model: args.model,
    agentId: args.agent,
    since: time('since', args.since),
    until: time('until', args.until),
  };
  const limit = readLimit(args, problems);
  if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  return { filter, limit };
}

/** How many items of a list are asked for: `--limit`, all with `--all`, else 50. */
export function readLimit(
  { limit = '50', all = false }: { readonly limit?: string; readonly all?: boolean },
  problems: string[],
): number {
  if (all) return Number.POSITIVE_INFINITY;
  const whole = /^\d{1,6}$/.test(limit) ? Number(limit) : 0;
  if (whole < 1 || whole > 100_000) problems.push('--limit: must be a whole number from 1 to 100000');
  return whole;
}
