import { policySchema } from '@connscan/model';
import fc from 'fast-check';
import type { Alert } from '../src/index.ts';
import type { Observation } from './oracle.ts';

/** Small limits, so that short random sequences reach every rule and every edge. */
export const SMALL_POLICY = policySchema.parse({
  rollupPeriodSeconds: 15,
  updateIntervalSeconds: 20,
  thresholds: { low: 4, medium: 6, high: 9 },
  corroborated: { abortedServices: 2, failedServices: 4 },
  confirmSeconds: 5,
});
const WINDOW_MS = SMALL_POLICY.rollupPeriodSeconds * 1000;

/** What happens next: a record, time moving, what was found being taken, another worker taking over. */
export type Step =
  | { readonly kind: 'observe'; readonly observation: Observation }
  | { readonly kind: 'advance'; readonly nowMs: number }
  | { readonly kind: 'alerts' | 'sightings' | 'reopen' };

const SOURCES = ['10.0.0.1', '10.0.0.2', '192.168.0.1', 'fd00::1', 'fd00:0:0:1::1', '10.128.0.1'];
const DESTINATIONS = ['10.0.0.1', '10.1.0.1', '10.1.0.2', '10.1.0.3', 'fd00::99', '172.16.255.255'];
const PORTS = [1, 22, 443, 32768, 65535];

const elapsedMs = fc.oneof(
  { weight: 60, arbitrary: fc.nat(150) },
  { weight: 6, arbitrary: fc.nat(2000) },
  { weight: 2, arbitrary: fc.constantFrom(WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1) },
  { weight: 1, arbitrary: fc.nat(5 * WINDOW_MS) },
);
const delayMs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.nat(2000) },
  { weight: 1, arbitrary: fc.constantFrom(WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1) },
);
const move = fc.record({
  kind: fc.oneof(
    { weight: 40, arbitrary: fc.constant('observe' as const) },
    { weight: 3, arbitrary: fc.constantFrom('again' as const, 'again otherwise' as const) },
    { weight: 8, arbitrary: fc.constant('advance' as const) },
    { weight: 3, arbitrary: fc.constant('alerts' as const) },
    { weight: 1, arbitrary: fc.constantFrom('sightings' as const, 'reopen' as const) },
  ),
  elapsedMs,
  delayMs,
  source: fc.constantFrom(...SOURCES),
  destination: fc.constantFrom(...DESTINATIONS),
  port: fc.constantFrom(...PORTS),
  outcome: fc.constantFrom(1, 1, 1, 2, 2, 3, 4, 5),
});

/** A few hundred steps: records up to two seconds late, some as late as the window is long, some seen twice. */
export const steps: fc.Arbitrary<Step[]> = fc
  .array(move, { minLength: 200, maxLength: 500, size: 'max' })
  .map((moves) => {
    let nowMs = 1000;
    let last: Observation | undefined;
    return moves.map(({ kind, elapsedMs, delayMs, ...connection }): Step => {
      nowMs += elapsedMs;
      if (kind.startsWith('again') && last) {
        if (kind === 'again otherwise') last = { ...last, outcome: connection.outcome };
        return { kind: 'observe', observation: last };
      }
      if (kind === 'advance') return { kind, nowMs };
      if (kind === 'alerts' || kind === 'sightings' || kind === 'reopen') return { kind };
      last = { ...connection, atMs: Math.max(0, nowMs - delayMs) };
      return { kind: 'observe', observation: last };
    });
  });

/** Alerts in an order that does not depend on where their episodes lie. */
export function inOrder(alerts: readonly Alert[]): Alert[] {
  const keyOf = ({ source, startedMs, revision }: Alert) => `${source} ${String(startedMs).padStart(16)} ${revision}`;
  return alerts.toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1));
}
