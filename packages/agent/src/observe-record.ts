import {
  LOCAL_ADDRESS_WORD,
  RECORD_FLAGS,
  REMOTE_ADDRESS_WORD,
  recordEndedMs,
  recordFlags,
  recordLocalPort,
  recordOutcome,
  recordProcess,
  recordRemotePort,
} from '@connscan/probe';
import type { OpenShard } from './drain-shard.ts';

/**
 * Shows a record of the ring to the detector, in place, and notes which process of this host connected or listens. The source is the originator; where the kernel could not tell who that is, nothing is concluded.
 */
export function observeRecord({ reader, detector, owners, services }: OpenShard, at: number): void {
  const { words } = reader;
  const flags = recordFlags(words, at);
  if ((flags & RECORD_FLAGS.roleKnown) === 0) return;
  const outcome = recordOutcome(words, at);
  const endedMs = recordEndedMs(words, at);
  const process = recordProcess(words, at);
  if (flags & RECORD_FLAGS.active) {
    const port = recordRemotePort(words, at);
    if (process !== 0) owners.note(words, at, LOCAL_ADDRESS_WORD, process, endedMs);
    detector.observe(words, at + LOCAL_ADDRESS_WORD, at + REMOTE_ADDRESS_WORD, port, outcome, endedMs);
  } else {
    const port = recordLocalPort(words, at);
    if (process !== 0) services.note(words, at);
    detector.observe(words, at + REMOTE_ADDRESS_WORD, at + LOCAL_ADDRESS_WORD, port, outcome, endedMs);
  }
}
