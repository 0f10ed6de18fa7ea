import { createHash } from 'node:crypto';
import type { Detection, DetectionModel } from '@connscan/model';
import type { Alert } from '../alert.ts';

export type DetectionContext = {
  /** Who detects, a word: two of them that find the same give it different ids. */
  readonly origin: string;
  readonly model: DetectionModel;
  readonly policyHash: string;
  /** What makes wall-clock time of an alert's. */
  readonly wallOffsetMs: number;
};

/** The detection of an alert. Its id follows from what was found, so that it is the same each time. */
export function detectionOfAlert(
  alert: Alert,
  { origin, model, policyHash, wallOffsetMs }: DetectionContext,
): Detection {
  const { name, techniques } = model;
  const { source, sourcePrefixBits, endedMs } = alert;
  const startedMs = alert.startedMs + wallOffsetMs;
  const identity = [origin, name, source, sourcePrefixBits ?? 128, startedMs].join('\n');
  return {
    ...alert,
    id: createHash('sha256').update(identity).digest('hex').slice(0, 32),
    model: name,
    policyHash,
    techniques: [...techniques],
    firstSeenMs: alert.firstSeenMs + wallOffsetMs,
    lastSeenMs: alert.lastSeenMs + wallOffsetMs,
    startedMs,
    ...(endedMs !== undefined && { endedMs: endedMs + wallOffsetMs }),
    samples: alert.samples.map((sample) => ({
      ...sample,
      firstSeenMs: sample.firstSeenMs + wallOffsetMs,
      lastSeenMs: sample.lastSeenMs + wallOffsetMs,
    })),
  };
}
