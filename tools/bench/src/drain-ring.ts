import type { RingReader, Visit } from '@connscan/probe';

/** Records whose place is given back at once, as in the agent. */
const RECORDS_AT_ONCE = 512;

/** Reads a ring to its end; returns how many records it held. */
export function drainRing(reader: RingReader, visit: Visit): number {
  let records = 0;
  let read: number;
  do {
    read = reader.drain(visit, RECORDS_AT_ONCE);
    records += read;
  } while (read === RECORDS_AT_ONCE);
  return records;
}
