import {
  ADVANCE_RECORDS,
  type DetectorMix,
  KEY,
  MODEL_POLICY,
  RECORDS_PER_MS,
  SIGHTINGS_RECORDS,
  START_MS,
} from './detector-mix.ts';

/** The line of numbers that native/detector.c reads, in its order: shard, policy, mix. */
export function limitsText({ size, sources, services, warmUpRecords, records }: DetectorMix): string {
  const { thresholds, corroborated, slow, cadence, ...policy } = MODEL_POLICY;
  const ms = (seconds: number) => seconds * 1000;
  return [
    ...[size.sources, size.services, size.episodes, ...KEY],
    ...[policy.rollupPeriodSeconds, policy.updateIntervalSeconds, policy.confirmSeconds, policy.warmUpSeconds].map(ms),
    ...[thresholds.low, thresholds.medium, thresholds.high],
    ...[corroborated.abortedServices, corroborated.failedServices, slow.services],
    ...[slow.periodSeconds, cadence.probationSeconds, cadence.forgetSeconds].map(ms),
    ...[sources, services, RECORDS_PER_MS, START_MS, warmUpRecords, records, ADVANCE_RECORDS, SIGHTINGS_RECORDS],
  ].join(' ');
}
