import { DEFAULT_POLICY, modelPolicy } from '@connscan/model';
import type { KeysName } from './detector-keys.ts';

/** What one run of the detector is to do; a line of it is what the C limit reads. */
export type DetectorMix = {
  readonly keys: KeysName;
  readonly sources: number;
  /** Of each source; every record is of one of them, all as likely. */
  readonly services: number;
  /** Not measured: until everything is compiled and every source has its services. */
  readonly warmUpRecords: number;
  readonly records: number;
  /** Room that the tables have: nothing is evicted. */
  readonly size: { readonly sources: number; readonly services: number; readonly episodes: number };
};

/** Pace of the time that the records tell. */
export const RECORDS_PER_MS = 200;

/** Of a host that has been up for a month: its milliseconds do not fit into 31 bits, which engines handle faster. */
export const START_MS = 3_000_000_000;

/** Time moves, and alerts are taken, after so many records; sightings after so many. */
export const ADVANCE_RECORDS = 10_000;
export const SIGHTINGS_RECORDS = 200_000;

/** Any secret does, but the same one in a run and in its limit. */
export const KEY = [0x2f6e2b1, 0x51ab34d7] as const;

export const MODEL_POLICY = modelPolicy(DEFAULT_POLICY, 'connscan_internal_internal');
