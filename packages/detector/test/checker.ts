import type { Step } from './scenario.ts';

/** A health checker: it visits each of its targets again and again, and then stops. */
export type Checker = {
  readonly source: string;
  readonly targets: number;
  readonly visits: number;
  readonly periodMs: number;
  /** Between one target and the next. */
  readonly spreadMs: number;
  /** How far every other visit is off the beat: this part of the period, and so many milliseconds more. */
  readonly offBeat: number;
  readonly offBeatMs: number;
  readonly outcome: number;
  readonly watched: boolean;
  readonly revoked: boolean;
  /** New services that the same source touches when it fell silent: it was no checker. */
  readonly scanned: number;
};

type Service = { readonly destination: string; readonly port: number };
type Scheduled = { readonly ms: number; readonly step: Step };

/** All that a checker does from a time on. */
export function visitsOf(
  { source, targets, visits, periodMs, spreadMs, offBeat, offBeatMs, outcome, watched, revoked, scanned }: Checker,
  fromMs: number,
  serviceOf: (source: string, n: number) => Service,
): Scheduled[] {
  const scheduled: Scheduled[] = [];
  const off = Math.floor(periodMs * offBeat) + Math.sign(offBeat || 1) * offBeatMs;
  for (let visit = 0; visit < visits; visit++) {
    for (let target = 0; target < targets; target++) {
      const atMs = fromMs + visit * periodMs + target * spreadMs + (visit % 2 === 1 ? off : 0);
      scheduled.push({
        ms: atMs,
        step: { kind: 'observe', observation: { source, ...serviceOf(source, target), outcome, atMs } },
      });
    }
  }
  const lastMs = fromMs + (visits - 1) * periodMs + (visits % 2 === 0 ? off : 0);
  if (revoked) {
    scheduled.push({
      ms: lastMs,
      step: { kind: 'revoke', rule: { source, ...serviceOf(source, 0), decision: 'revoked' } },
    });
  }
  if (watched) {
    for (const nowMs of [lastMs + 4 * periodMs, lastMs + 4 * periodMs + 1]) {
      scheduled.push({ ms: nowMs, step: { kind: 'advance', nowMs } });
    }
  }
  for (let service = targets; service < targets + scanned; service++) {
    const atMs = lastMs + 4 * periodMs + 100 * service;
    scheduled.push({
      ms: atMs,
      step: { kind: 'observe', observation: { source, ...serviceOf(source, service), outcome, atMs } },
    });
  }
  return scheduled.toSorted((x, y) => x.ms - y.ms);
}
