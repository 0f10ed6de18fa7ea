import { CONFIDENCES, ConnscanError, canonicalAddress, SEVERITIES } from '@connscan/model';
import type { DetectionFilter } from './answers.ts';

/** Options that choose detections, as they are written. */
export type FilterArguments = {
  readonly severity?: string;
  readonly confidence?: string;
  readonly state?: string;
  readonly source?: string;
  readonly target?: string;
  readonly port?: string;
  readonly limit?: string;
};

/** The filter and the limit of a command line; throws BAD_USAGE with every problem, one a line. */
export function readFilter(
  args: FilterArguments,
  unknown: readonly string[],
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
  const filter = {
    severity: oneOf('severity', args.severity, SEVERITIES),
    confidence: oneOf('confidence', args.confidence, CONFIDENCES),
    state: oneOf('state', args.state, ['open', 'closed']),
    source: address('source', args.source),
    target: address('target', args.target),
    port: number('port', args.port, 65_535),
  };
  const limit = number('limit', args.limit, 100_000) ?? 50;
  if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  return { filter, limit };
}
