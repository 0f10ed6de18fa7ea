import { canonicalAddress, parseCidr } from '@connscan/model';
import { readFutureTime } from './read-future-time.ts';
import { readWholeNumber } from './read-whole-number.ts';
import type { Exception } from './tuning-answers.ts';

/** Options of `exceptions add` and `change` as they are written. */
export type ExceptionArguments = {
  readonly source?: readonly string[];
  readonly target?: readonly string[];
  readonly port?: readonly string[];
  readonly process?: readonly string[];
  readonly owner?: string;
  readonly reason?: string;
  readonly expires?: string;
  /** Scopes that take everything again. */
  readonly any?: readonly string[];
};

/** What each scope is called in GraphQL. */
const SCOPES = { source: 'sources', target: 'targets', port: 'ports', process: 'processes' } as const;

type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

const NEVER = 'never';

/** What GraphQL makes an exception of, without its name and its document. */
export type ExceptionInput = Partial<
  Pick<Exception, 'sources' | 'targets' | 'ports' | 'processes' | 'owner' | 'reason' | 'expiresAt'>
>;

/** What a new exception is to be; each problem goes into `problems`. */
export function readException(args: ExceptionArguments, nowMs: number, problems: string[]): ExceptionInput {
  const input = readGiven(args, nowMs, problems);
  if (SCOPE_NAMES.every((name) => args[name] === undefined)) {
    problems.push('--source, --target, --port, --process: at least one must be given');
  }
  if (args.reason === undefined) problems.push('--reason: must be given');
  return input;
}

/** What is to be said of an exception anew; what is left out stays as it is, and null takes it away. */
export function readExceptionChange(args: ExceptionArguments, nowMs: number, problems: string[]): ExceptionInput {
  const { any = [] } = args;
  for (const name of any) {
    if (!SCOPE_NAMES.includes(name as Scope)) problems.push(`--any: must be one of ${SCOPE_NAMES.join(', ')}`);
    else if (args[name as Scope]) problems.push(`--any ${name}, --${name}: exactly one can be given`);
  }
  const input = readGiven(args, nowMs, problems);
  const cleared = SCOPE_NAMES.filter((name) => any.includes(name)).map((name) => [SCOPES[name], null]);
  const changed = { ...input, ...Object.fromEntries(cleared) };
  if (Object.keys(changed).length === 0 && problems.length === 0) problems.push('options: at least one must be given');
  return changed;
}

function readGiven(args: ExceptionArguments, nowMs: number, problems: string[]): ExceptionInput {
  const { source, target, port, process, owner, reason, expires } = args;
  return {
    ...(source && { sources: source.map((text) => readRange('--source', text, problems)) }),
    ...(target && { targets: target.map((text) => readRange('--target', text, problems)) }),
    ...(port && { ports: port.map((text) => readWholeNumber('--port', text, 65_535, problems)) }),
    ...(process && { processes: process }),
    ...(owner !== undefined && { owner }),
    ...(reason !== undefined && { reason }),
    ...(expires !== undefined && {
      expiresAt: expires === NEVER ? null : readFutureTime('expires', expires, nowMs, problems),
    }),
  };
}

/** A range of addresses; one address is the range of itself. */
function readRange(option: string, text: string, problems: string[]): string {
  const address = canonicalAddress(text);
  if (address !== undefined) return `${address}/${address.includes(':') ? 128 : 32}`;
  if (!parseCidr(text)) {
    const example = 'must be an address or a range such as 10.0.0.0/8, with no bits set behind its prefix';
    problems.push(`${option}: ${example}, is ${JSON.stringify(text)}`);
  }
  return text;
}
