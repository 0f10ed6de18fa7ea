import { type Outcome, outcomeCode } from '@connscan/model';
import type { Alert, Detector } from '../src/index.ts';
import { observeWith } from './observer.ts';

export type Beat = {
  readonly source?: string;
  /** Its targets: this port on so many hosts, the first of which is 10.1.0.1. */
  readonly hosts: number;
  readonly port?: number;
  readonly firstHost?: number;
  readonly periodMs: number;
  readonly visits: number;
  readonly fromMs: number;
  /** Between one target and the next. */
  readonly spreadMs?: number;
  readonly outcome?: Outcome;
  /** How far a visit is off the beat; none, if left out. */
  readonly jitterMs?: () => number;
};

/**
 * Visits targets at a steady beat, as a health checker does, while time moves on each second as an agent's does. The
 * time behind the last visit's period.
 */
export function visitSteadily(detector: Detector, beat: Beat, tell: (alerts: readonly Alert[]) => void): number {
  const { source = '10.0.0.66', hosts, port = 80, firstHost = 1, periodMs, visits, fromMs, spreadMs = 0 } = beat;
  const outcome = outcomeCode(beat.outcome ?? 'reset');
  const records: { destination: string; atMs: number }[] = [];
  for (let visit = 0; visit < visits; visit++) {
    for (let host = 0; host < hosts; host++) {
      const atMs = Math.round(fromMs + visit * periodMs + host * spreadMs + (beat.jitterMs?.() ?? 0));
      records.push({ destination: `10.1.0.${firstHost + host}`, atMs });
    }
  }
  records.sort((x, y) => x.atMs - y.atMs);
  let nowMs = fromMs;
  for (const { destination, atMs } of records) {
    nowMs = wait(detector, nowMs, atMs, tell);
    observeWith(detector, { source, destination, port, outcome, atMs });
  }
  return wait(detector, nowMs, fromMs + visits * periodMs, tell);
}

/** Moves time on, a second at a time, and takes what is told. Where it is then. */
export function wait(
  detector: Detector,
  fromMs: number,
  untilMs: number,
  tell: (alerts: readonly Alert[]) => void,
): number {
  for (let nowMs = fromMs; nowMs < untilMs; ) {
    nowMs = Math.min(untilMs, nowMs + 1000);
    detector.advance(nowMs);
    tell(detector.takeAlerts());
  }
  return Math.max(fromMs, untilMs);
}

/** What happened to the detections of a source, in few words. */
export const inShort = ({ alertType, confidence, rule, severity, endReason }: Alert) =>
  [alertType, confidence, rule, severity, endReason].filter(Boolean).join(' ');
