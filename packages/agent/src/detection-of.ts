import { createHash } from 'node:crypto';
import type { Alert } from '@connscan/detector';
import type { Detection, DetectionModel } from '@connscan/model';

/** What an agent adds to all that its detectors find. */
export type DetectionOrigin = {
  /** The agent and the boot, whose clock the times of alerts count by: makes ids unique among all agents and boots. */
  readonly idScope: string;
  /** See policyHash. */
  readonly policyHash: string;
};

/**
 * The detection of an alert: its times on the wall clock, and an id that follows from where, by which model, when and
 * who, so that the same alert made twice is one detection.
 */
export function detectionOf(
  alert: Alert,
  { name, techniques }: DetectionModel,
  wallOffsetMs: number,
  { idScope, policyHash }: DetectionOrigin,
): Detection {
  const { source, sourcePrefixBits, startedMs, endedMs } = alert;
  const identity = [idScope, name, source, sourcePrefixBits ?? '', startedMs];
  return {
    ...alert,
    id: createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 32),
    model: name,
    policyHash,
    techniques: [...techniques],
    firstSeenMs: alert.firstSeenMs + wallOffsetMs,
    lastSeenMs: alert.lastSeenMs + wallOffsetMs,
    startedMs: startedMs + wallOffsetMs,
    ...(endedMs !== undefined && { endedMs: endedMs + wallOffsetMs }),
    samples: alert.samples.map((sample) => ({
      ...sample,
      firstSeenMs: sample.firstSeenMs + wallOffsetMs,
      lastSeenMs: sample.lastSeenMs + wallOffsetMs,
    })),
  };
}
