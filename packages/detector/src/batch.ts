/** Records of a batch at most: enough that the loads of one batch hide each other's latency. */
export const BATCH_RECORDS = 32;

/** Records for Detector.observeMany, one element each; see Detector.observe for what they are. */
export type Batch = {
  /** Places of the addresses in the words that they are read from. */
  readonly sources: Int32Array;
  readonly destinations: Int32Array;
  readonly ports: Int32Array;
  readonly outcomes: Int32Array;
  readonly processes: Int32Array;
  /** Boot-clock milliseconds. */
  readonly times: Float64Array;
};

/** An empty batch, to be filled again and again. */
export function createBatch(): Batch {
  return {
    sources: new Int32Array(BATCH_RECORDS),
    destinations: new Int32Array(BATCH_RECORDS),
    ports: new Int32Array(BATCH_RECORDS),
    outcomes: new Int32Array(BATCH_RECORDS),
    processes: new Int32Array(BATCH_RECORDS),
    times: new Float64Array(BATCH_RECORDS),
  };
}
