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
 * Hands a record of the ring, in place, to the model that it is for, and notes which process of this host connected
 * or listens. The source is the originator; where the kernel could not tell who that is, nothing is concluded, and false
 * returned.
 */
export function observeRecord({ reader, route, owners, services }: OpenShard, at: number): boolean {
  const { words } = reader;
  const flags = recordFlags(words, at);
  if ((flags & RECORD_FLAGS.roleKnown) === 0) return false;
  const local = at + LOCAL_ADDRESS_WORD;
  const remote = at + REMOTE_ADDRESS_WORD;
  const outcome = recordOutcome(words, at);
  const endedMs = recordEndedMs(words, at);
  const process = recordProcess(words, at);
  if (flags & RECORD_FLAGS.active) {
    if (process !== 0) owners.note(words, at, LOCAL_ADDRESS_WORD, process, endedMs);
    route(words, local, remote)?.add(words, local, remote, recordRemotePort(words, at), outcome, endedMs, process);
  } else {
    // Its process is the one that listens; the one that connected is unknown here.
    if (process !== 0) services.note(words, at);
    route(words, remote, local)?.add(words, remote, local, recordLocalPort(words, at), outcome, endedMs, 0);
  }
  return true;
}
