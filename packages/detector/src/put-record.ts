import { BATCH_WORD, R_OUTCOME, R_PORT, R_PROCESS, R_TIME } from './layout.ts';
import type { Tables } from './tables.ts';

/** Puts a record into the batch at this place, from 0; see Detector.add for what it is. */
export function putRecord(
  { words, times }: Pick<Tables, 'words' | 'times'>,
  place: number,
  from: ArrayLike<number>,
  source: number,
  destination: number,
  port: number,
  outcome: number,
  atMs: number,
  process: number,
): void {
  const at = BATCH_WORD + (place << 4);
  words[at] = from[source]!;
  words[at + 1] = from[source + 1]!;
  words[at + 2] = from[source + 2]!;
  words[at + 3] = from[source + 3]!;
  words[at + 4] = from[destination]!;
  words[at + 5] = from[destination + 1]!;
  words[at + 6] = from[destination + 2]!;
  words[at + 7] = from[destination + 3]!;
  words[at + R_PORT] = port;
  words[at + R_OUTCOME] = outcome;
  words[at + R_PROCESS] = process;
  times[(at >> 1) + R_TIME] = atMs;
}
