/**
 * Reads a record of the probe (`struct connscan_record` of bpf/connscan.h) in place: `words` is the ring's memory as
 * 32-bit words and `at` the index of the record's first word, as a ring reader gives them. Nothing here allocates but
 * `recordAddress`. Words are signed, as an unsigned one above 2³¹ may become a heap number. Linux on x86-64 and arm64 is
 * little-endian.
 */
export type Words = ArrayLike<number>;

/** Bytes of a record; with the ring's 8-byte header it fills one cache line. */
export const RECORD_BYTES = 56;

/** Where the four words of an address begin within a record. The words keep network byte order: compare, do not count. */
export const LOCAL_ADDRESS_WORD = 2;
export const REMOTE_ADDRESS_WORD = 6;

/** Bits of `recordFlags`. */
export const RECORD_FLAGS = {
  /** The host of this probe is the originator. */
  active: 1 << 0,
  /** `active` is sure, not a guess. */
  roleKnown: 1 << 1,
  dataIn: 1 << 2,
  dataOut: 1 << 3,
  /** No process accepted the connection before it ended. */
  notAccepted: 1 << 4,
  /** IPv4 over an IPv6 socket. */
  mapped: 1 << 5,
} as const;

/** When the connection ended, in milliseconds of boot time with their fraction; see `bootTimeMs`. */
export function recordEndedMs(words: Words, at: number): number {
  return ((words[at + 1]! >>> 0) * 2 ** 32 + (words[at]! >>> 0)) / 1e6;
}

/** Copies the 16 bytes of the local or the remote address. */
export function recordAddress(words: Words, at: number, addressWord: number): Uint8Array {
  const first = at + addressWord;
  return new Uint8Array(Int32Array.of(words[first]!, words[first + 1]!, words[first + 2]!, words[first + 3]!).buffer);
}

/** Inode of the network namespace of the socket, as `readlink /proc/PID/ns/net` shows it. */
export function recordNetns(words: Words, at: number): number {
  return words[at + 10]! >>> 0;
}

/** The serial of this side's process, the one that connected or that listens, for `mapProcesses`; 0 is unknown. */
export function recordProcess(words: Words, at: number): number {
  return words[at + 11]!;
}

export function recordLocalPort(words: Words, at: number): number {
  return words[at + 12]! & 0xffff;
}

export function recordRemotePort(words: Words, at: number): number {
  return words[at + 12]! >>> 16;
}

/** The number of the outcome, see `outcomeOf` of the model. */
export function recordOutcome(words: Words, at: number): number {
  return words[at + 13]! & 0xff;
}

export function recordFlags(words: Words, at: number): number {
  return (words[at + 13]! >>> 8) & 0xff;
}

/** Payload bytes the originator sent; 255 is 255 or more. */
export function recordOriginatorBytes(words: Words, at: number): number {
  return (words[at + 13]! >>> 16) & 0xff;
}

/** ⌊log₂⌋ of the lifetime in milliseconds, since the last send if there was one; 0 below 2 ms and if never established. */
export function recordLifetimeLog2Ms(words: Words, at: number): number {
  return words[at + 13]! >>> 24;
}
