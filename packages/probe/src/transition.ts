/**
 * Reads a transition of the trace (`struct connscan_transition`) in place, as record.ts reads a record; the two begin
 * alike. Addresses are read by `recordAddress`.
 */
import type { Words } from './record.ts';

export {
  recordEndedMs as transitionAtMs,
  recordLocalPort as transitionLocalPort,
  recordNetns as transitionNetns,
  recordProcess as transitionProcess,
  recordRemotePort as transitionRemotePort,
} from './record.ts';

/** Names of the states, at the place of their number in the kernel; 0 is none. */
export const TCP_STATES = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
  'BOUND_INACTIVE',
] as const;

/** The number of the state that the socket leaves; see `TCP_STATES`. */
export function transitionOldState(words: Words, at: number): number {
  return words[at + 13]! & 0xff;
}

export function transitionNewState(words: Words, at: number): number {
  return (words[at + 13]! >>> 8) & 0xff;
}

/** `active`, `roleKnown` and `mapped` of `RECORD_FLAGS`. The role is known where the transition itself tells. */
export function transitionFlags(words: Words, at: number): number {
  return (words[at + 13]! >>> 16) & 0xff;
}

/** The errno of the socket; 0 is none. */
export function transitionError(words: Words, at: number): number {
  return words[at + 13]! >>> 24;
}
