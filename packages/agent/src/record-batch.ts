import { BATCH_RECORDS, createBatch, type Detector } from '@connscan/detector';
import type { Words } from '@connscan/probe';

/** Records on their way to a detector, which takes many at once faster than one by one. */
export type RecordBatch = {
  /** As Detector.observe takes it; `words` are the same until the next flush. Allocates nothing. */
  add(
    words: Words,
    source: number,
    destination: number,
    port: number,
    outcome: number,
    atMs: number,
    process: number,
  ): void;
  /** Shows the detector what it has not seen yet; due before the place of the records is given back to the kernel. */
  flush(words: Words): void;
};

export function createRecordBatch(detector: Pick<Detector, 'observeMany'>): RecordBatch {
  const batch = createBatch();
  let records = 0;

  function flush(words: Words): void {
    if (records === 0) return;
    const filled = records;
    // Before, as the records come once more if a worker dies or an error ends the drain.
    records = 0;
    detector.observeMany(words, batch, filled);
  }

  return {
    add(words, source, destination, port, outcome, atMs, process) {
      batch.sources[records] = source;
      batch.destinations[records] = destination;
      batch.ports[records] = port;
      batch.outcomes[records] = outcome;
      batch.times[records] = atMs;
      batch.processes[records] = process;
      if (++records === BATCH_RECORDS) flush(words);
    },
    flush,
  };
}
