import {
  LOCAL_ADDRESS_WORD,
  REMOTE_ADDRESS_WORD,
  recordEndedMs,
  recordFlags,
  recordLifetimeLog2Ms,
  recordLocalPort,
  recordNetns,
  recordOriginatorBytes,
  recordOutcome,
  recordProcess,
  recordRemotePort,
  type Visit,
  type Words,
} from '@connscan/probe';

/** A reader's work on each record: a checksum of all fields of all records in their order, so that none can be missed. */
export type RecordChecksum = {
  readonly visit: Visit;
  /** The checksum of all records since the last call. native/ring-read.c has the same one for the same records. */
  take(): number;
};

export function createRecordChecksum(words: Words): RecordChecksum {
  // A typed array is twice as fast as a variable of the closure, whose number is checked and tagged for each record.
  const checksum = new Int32Array(1);

  function visit(at: number): void {
    let sum = checksum[0]!;
    sum = mix(sum, recordEndedMs(words, at));
    for (let word = 0; word < 4; word++) sum = mix(sum, words[at + LOCAL_ADDRESS_WORD + word]!);
    for (let word = 0; word < 4; word++) sum = mix(sum, words[at + REMOTE_ADDRESS_WORD + word]!);
    sum = mix(sum, recordNetns(words, at));
    sum = mix(sum, recordProcess(words, at));
    sum = mix(sum, recordLocalPort(words, at));
    sum = mix(sum, recordRemotePort(words, at));
    sum = mix(sum, recordOutcome(words, at));
    sum = mix(sum, recordFlags(words, at));
    sum = mix(sum, recordOriginatorBytes(words, at));
    checksum[0] = mix(sum, recordLifetimeLog2Ms(words, at));
  }

  return {
    visit,
    take() {
      const taken = checksum[0]!;
      checksum[0] = 0;
      return taken;
    },
  };
}

/** The step of FNV-1a, for 32 bits at once. */
function mix(sum: number, value: number): number {
  return Math.imul(sum ^ value, 16_777_619);
}
