import { createHash } from 'node:crypto';
import type { Alert } from '@connscan/detector';
import { CONNSCAN_INTERNAL_INTERNAL, type Detection } from '@connscan/model';

/**
 * The detection of an alert: its times on the wall clock, and an id that follows from where, when and who, so that the
 * same alert made twice is one detection. `idScope` is the agent and the boot, whose clock the alert's times count by.
 */
export function detectionOf(alert: Alert, wallOffsetMs: number, idScope: string): Detection {
  const { name, techniques } = CONNSCAN_INTERNAL_INTERNAL;
  const { source, startedMs, endedMs } = alert;
  return {
    ...alert,
    id: createHash('sha256').update([idScope, name, source, startedMs].join('\n')).digest('hex').slice(0, 32),
    model: name,
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
