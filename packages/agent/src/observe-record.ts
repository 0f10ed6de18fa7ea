import type { Detector } from '@connscan/detector';
import {
  LOCAL_ADDRESS_WORD,
  RECORD_FLAGS,
  REMOTE_ADDRESS_WORD,
  recordEndedMs,
  recordFlags,
  recordLocalPort,
  recordOutcome,
  recordRemotePort,
  type Words,
} from '@connscan/probe';

/**
 * Shows a record of the ring to the detector, in place. The source is the originator; where the kernel could not tell who
 * that is, nothing is concluded from the record.
 */
export function observeRecord(detector: Detector, words: Words, at: number): void {
  const flags = recordFlags(words, at);
  if ((flags & RECORD_FLAGS.roleKnown) === 0) return;
  const active = (flags & RECORD_FLAGS.active) !== 0;
  detector.observe(
    words,
    at + (active ? LOCAL_ADDRESS_WORD : REMOTE_ADDRESS_WORD),
    at + (active ? REMOTE_ADDRESS_WORD : LOCAL_ADDRESS_WORD),
    active ? recordRemotePort(words, at) : recordLocalPort(words, at),
    recordOutcome(words, at),
    recordEndedMs(words, at),
  );
}
