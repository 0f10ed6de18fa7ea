import type { Alert, Detector } from '@connscan/detector';
import { RULES, SEVERITIES, type Sighting } from '@connscan/model';

/** Sums over all that was taken of a detector: two that did the same job have the same ones. */
export type Sums = {
  alerts: number;
  aborted: number;
  failed: number;
  habitual: number;
  severity: number;
  confirmed: number;
  rules: number;
  sightings: number;
  connections: number;
};

export function createSums(): Sums {
  return {
    alerts: 0,
    aborted: 0,
    failed: 0,
    habitual: 0,
    severity: 0,
    confirmed: 0,
    rules: 0,
    sightings: 0,
    connections: 0,
  };
}

export function addAlerts(sums: Sums, alerts: readonly Alert[]): void {
  for (const alert of alerts) {
    sums.alerts++;
    sums.aborted += alert.distinctServices;
    sums.failed += alert.failedServices;
    sums.habitual += alert.habitualServices;
    sums.severity += SEVERITIES.indexOf(alert.severity) + 1;
    sums.confirmed += alert.confidence === 'confirmed' ? 1 : 0;
    sums.rules += RULES.indexOf(alert.rule);
  }
}

export function addSightings(sums: Sums, rows: readonly Sighting[]): void {
  for (const { connections } of rows) sums.connections += connections;
  sums.sightings += rows.length;
}

/** With what the detector still knows, in the order of native/detector.c. */
export function sumsOf(detector: Detector, sums: Sums): number[] {
  const { observed, late, sources, services, episodes } = detector.counters();
  const habits = detector.habits();
  const periods = habits.reduce((sum, { periodMs = 0 }) => sum + periodMs, 0);
  return [observed, late, sources, services, episodes, habits.length, periods, ...Object.values(sums)];
}
