import { BATCH_RECORDS, createBatch, type Detector } from '@connscan/detector';
import {
  LOCAL_ADDRESS_WORD,
  REMOTE_ADDRESS_WORD,
  recordEndedMs,
  recordOutcome,
  recordProcess,
  recordRemotePort,
} from '@connscan/probe';
import type { DetectorRing } from './detector-ring.ts';

/** Shows a detector so many records of the ring from `first` on, in batches as the agent's drain worker does. */
export type ObserveRecords = (first: number, count: number) => void;

export function createObserveRecords(detector: Detector, { words, placeOf }: DetectorRing): ObserveRecords {
  const batch = createBatch();
  return (first, count) => {
    let records = 0;
    for (let left = count; left > 0; left--) {
      const at = placeOf(first + count - left);
      batch.sources[records] = at + LOCAL_ADDRESS_WORD;
      batch.destinations[records] = at + REMOTE_ADDRESS_WORD;
      batch.ports[records] = recordRemotePort(words, at);
      batch.outcomes[records] = recordOutcome(words, at);
      batch.times[records] = recordEndedMs(words, at);
      batch.processes[records] = recordProcess(words, at);
      if (++records < BATCH_RECORDS && left > 1) continue;
      detector.observeMany(words, batch, records);
      records = 0;
    }
  };
}
