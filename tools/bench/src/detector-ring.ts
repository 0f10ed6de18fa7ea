import { createRandom } from '@connscan/lab';
import { outcomeCode } from '@connscan/model';
import { LOCAL_ADDRESS_WORD, RECORD_FLAGS, REMOTE_ADDRESS_WORD } from '@connscan/probe';
import { createKeys } from './detector-keys.ts';
import { type DetectorMix, RECORDS_PER_MS, START_MS } from './detector-mix.ts';

/** A ring of 2 MiB, as the agent's: records of 56 bytes, each behind a header of 8. */
const SLOTS = 2 ** 15;

/** An eighth of the services refuses; the rest is opened and closed without a word. */
const REFUSED = outcomeCode('refused');
const SILENT = [outcomeCode('empty_close'), outcomeCode('reset')] as const;
const FLAGS = (RECORD_FLAGS.active | RECORD_FLAGS.roleKnown) << 8;

export type DetectorRing = {
  readonly words: Int32Array;
  /** The first word of the record with this number, counted from the first ever written. */
  placeOf(record: number): number;
  /** Writes so many further records. The same mix is written the same way in native/detector.c. */
  write(records: number): void;
};

export function createDetectorRing({ keys, sources, services }: DetectorMix): DetectorRing {
  const words = new Int32Array(SLOTS * 16);
  const { writeSource, writeService } = createKeys(keys, services);
  const random = createRandom(1);
  let written = 0;
  const placeOf = (record: number) => (record % SLOTS) * 16 + 2;

  function writeOne(at: number): void {
    const pair = random(sources * services);
    const source = Math.floor(pair / services);
    const ns = START_MS * 1e6 + (written * 1e6) / RECORDS_PER_MS;
    words[at] = ns | 0;
    words[at + 1] = ns / 2 ** 32;
    writeSource(words, at + LOCAL_ADDRESS_WORD, source);
    const port = writeService(words, at + REMOTE_ADDRESS_WORD, source, pair - source * services);
    words[at + 12] = port << 16;
    words[at + 13] = (pair % 8 === 0 ? REFUSED : SILENT[random(2)]!) | FLAGS;
    written++;
  }

  return {
    words,
    placeOf,
    write(records) {
      for (let left = records; left > 0; left--) writeOne(placeOf(written));
    },
  };
}
