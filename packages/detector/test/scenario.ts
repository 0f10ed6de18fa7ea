import type { HabitRule, ModelPolicy } from '@connscan/model';
import fc from 'fast-check';
import type { Alert } from '../src/index.ts';
import { type Checker, visitsOf } from './checker.ts';
import type { Observation } from './oracle-state.ts';
import { POLICIES } from './policies.ts';

const WINDOW_MS = 15_000;
const HOUR_MS = 3_600_000;

/** What happens next: a record, time moving, what was found being taken, another worker or process taking over. */
export type Step = Action & {
  /** A worker dies before this store of the step, and another one repeats it. */
  readonly fatalStore?: number;
};
type Action =
  | { readonly kind: 'observe'; readonly observation: Observation }
  | { readonly kind: 'advance'; readonly nowMs: number }
  | { readonly kind: 'revoke'; readonly rule: HabitRule }
  | { readonly kind: 'alerts' | 'sightings' | 'habits' | 'reopen' | 'restore' };

/** A sequence of steps, the policy that rules it, and the boot time at which the shard was made. */
export type Scenario = { readonly policy: ModelPolicy; readonly startedMs: number; readonly steps: readonly Step[] };

const CHECKER_SOURCES = ['10.0.0.100', '10.0.0.101', 'fd00:0:0:3::7', 'fd00:0:0:3::8', '10.0.0.2'];
const SOURCES = ['10.0.0.1', '10.0.0.2', '192.168.0.1', 'fd00::1', 'fd00:0:0:1::1', 'fd00:0:0:1::', 'fe80::1'];
const IPV4 = ['10.0.0.1', '10.1.0.1', '10.1.0.2', '10.1.0.3', '172.16.255.255', '10.1.0.4'];
const IPV6 = ['fd00::1', 'fd00::99', 'fd00::9a', 'fd00::9b', 'fe80::2', 'fd00:0:0:1::2'];
const PORTS = [1, 22, 443, 32768, 65535];

const source = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...SOURCES) },
  { weight: 1, arbitrary: fc.constantFrom(...CHECKER_SOURCES) },
  // Addresses that rotate inside a /64.
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 30 }).map((host) => `fd00:0:0:2::${host.toString(16)}`) },
);
const elapsedMs = fc.oneof(
  { weight: 900, arbitrary: fc.nat(150) },
  { weight: 90, arbitrary: fc.nat(2000) },
  { weight: 30, arbitrary: fc.constantFrom(WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1) },
  { weight: 10, arbitrary: fc.nat(5 * WINDOW_MS) },
  { weight: 2, arbitrary: fc.constantFrom(HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 25 * HOUR_MS) },
  { weight: 1, arbitrary: fc.constant(8 * 24 * HOUR_MS) },
);
const delayMs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.nat(2000) },
  { weight: 1, arbitrary: fc.constantFrom(WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1) },
);
const move = fc.record({
  kind: fc.oneof(
    { weight: 80, arbitrary: fc.constant('observe' as const) },
    { weight: 6, arbitrary: fc.constantFrom('again' as const, 'again otherwise' as const) },
    { weight: 16, arbitrary: fc.constant('advance' as const) },
    { weight: 6, arbitrary: fc.constant('alerts' as const) },
    { weight: 2, arbitrary: fc.constantFrom('sightings' as const, 'habits' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reopen' as const, 'restore' as const) },
    { weight: 2, arbitrary: fc.constant('checker' as const) },
  ),
  elapsedMs,
  delayMs,
  source,
  destination: fc.nat(IPV4.length - 1),
  isOtherFamily: fc.nat(50).map((n) => n === 50),
  port: fc.constantFrom(...PORTS),
  outcome: fc.constantFrom(1, 1, 1, 2, 2, 3, 4, 5),
  process: fc.nat(2),
});
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

const checker: fc.Arbitrary<Checker> = fc.record({
  source: fc.constantFrom(...CHECKER_SOURCES),
  targets: fc.integer({ min: 1, max: 12 }),
  visits: fc.integer({ min: 2, max: 12 }),
  periodMs: fc.constantFrom(150, 201, 1000, 2000, 5000, WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1, 40_000),
  spreadMs: fc.constantFrom(0, 0, 1, 100),
  /** Off the beat, in quarters of the period: exactly as far as is tolerated, and a millisecond more. */
  offBeat: fc.constantFrom(0, 0, 0, 0.25, -0.25),
  offBeatMs: fc.constantFrom(0, 0, 1, 50, 51),
  outcome: fc.constantFrom(1, 1, 2, 4),
  /** Whether it is looked at once more at the very moment when its silence breaks its habit. */
  watched: fc.boolean(),
  /** Whether an administrator revokes one of its habits behind it. */
  revoked: fc.nat(5).map((n) => n === 5),
  scanned: fc.constantFrom(0, 0, 0, 8),
});

/** A policy, a start, and so many moves as wanted; health checkers beat among them and add their visits. */
export function scenarios(moves: { readonly least: number; readonly most: number }): fc.Arbitrary<Scenario> {
  return fc
    .record({
      policy: fc.constantFrom(...POLICIES),
      // Near the times at which 31 and 32 bits of milliseconds end.
      startedMs: fc.constantFrom(0, 1000, 2 ** 31 - 60_000, 2 ** 32 - 60_000),
      moves: fc.array(move, { minLength: moves.least, maxLength: moves.most, size: 'max' }),
      checkers: fc.array(checker, { minLength: 6, maxLength: 12 }),
      restores: fc.boolean(),
    })
    .map(({ moves, checkers, restores, ...rest }) => {
      const steps = stepsOf(rest.startedMs, moves, checkers);
      return {
        ...rest,
        steps: steps.map((step) => (step.kind === 'restore' && !restores ? { kind: 'reopen' } : step)),
      };
    });
}

function stepsOf(startedMs: number, moves: readonly Move[], checkers: readonly Checker[]): Step[] {
  const steps: Step[] = [];
  const scheduled: { readonly ms: number; readonly step: Step }[] = [];
  const flush = (untilMs: number) => {
    while (scheduled[0] && scheduled[0].ms <= untilMs) steps.push(scheduled.shift()!.step);
  };
  let nowMs = startedMs;
  let begun = 0;
  let last: Observation | undefined;
  for (const { kind, elapsedMs, delayMs, isOtherFamily, ...connection } of moves) {
    // Times are kept in 32 bits, which holds for what is told within 24 days.
    if (elapsedMs > 24 * HOUR_MS) steps.push({ kind: 'sightings' });
    nowMs += elapsedMs;
    flush(nowMs);
    if (kind === 'checker') {
      const next = checkers[begun++ % checkers.length]!;
      scheduled.push(...visitsOf(next, nowMs, serviceOf));
      scheduled.sort((x, y) => x.ms - y.ms);
    } else if (kind === 'advance') {
      steps.push({ kind, nowMs });
    } else if (kind === 'observe' || !last) {
      const destination = destinationOf(connection.source, connection.destination, isOtherFamily);
      last = { ...connection, destination, atMs: Math.max(0, nowMs - delayMs) };
      steps.push({ kind: 'observe', observation: last });
    } else if (kind === 'again' || kind === 'again otherwise') {
      if (kind === 'again otherwise') last = { ...last, outcome: connection.outcome };
      steps.push({ kind: 'observe', observation: last });
    } else {
      steps.push({ kind });
    }
  }
  flush(Number.POSITIVE_INFINITY);
  return steps;
}

function destinationOf(source: string, index: number, isOtherFamily: boolean): string {
  return (source.includes(':') === isOtherFamily ? IPV4 : IPV6)[index]!;
}

/** The n-th target of a checker: the services that the noise touches too. */
function serviceOf(source: string, n: number): { destination: string; port: number } {
  const destination = destinationOf(source, 2 + (n % 4), false);
  return { destination, port: PORTS[4 - Math.floor(n / 4)]! };
}

/** Alerts in an order that does not depend on where their episodes lie. */
export function inOrder<T extends Pick<Alert, 'source' | 'startedMs' | 'revision'>>(alerts: readonly T[]): T[] {
  // One source may start two episodes in one millisecond, so the rest of an alert decides too.
  const keyOf = (alert: T) =>
    [alert.source, String(alert.startedMs).padStart(16), alert.revision, JSON.stringify(alert)].join(' ');
  return alerts.toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1));
}
