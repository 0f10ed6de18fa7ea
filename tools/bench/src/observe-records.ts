import type { Detector } from '@connscan/detector';
import {
  LOCAL_ADDRESS_WORD,
  REMOTE_ADDRESS_WORD,
  recordEndedMs,
  recordOutcome,
  recordProcess,
  recordRemotePort,
} from '@connscan/probe';
import type { DetectorRing } from './detector-ring.ts';

/** Shows a detector so many records of the ring from `first` on, as the agent's drain worker does. */
export type ObserveRecords = (first: number, count: number) => void;

export function createObserveRecords(detector: Detector, { words, placeOf }: DetectorRing): ObserveRecords {
  return (first, count) => {
    for (let record = first; record < first + count; record++) {
      const at = placeOf(record);
      detector.add(
        words,
        at + LOCAL_ADDRESS_WORD,
        at + REMOTE_ADDRESS_WORD,
        recordRemotePort(words, at),
        recordOutcome(words, at),
        recordEndedMs(words, at),
        recordProcess(words, at),
      );
    }
    detector.flush();
  };
}
