/** One connection of a file, as the detector takes it. One object serves for all of them. */
export type Connection = {
  /** Source and destination, four words each, in network byte order: 0 to 3 and 4 to 7. */
  readonly words: Int32Array;
  port: number;
  /** Code of the model's outcome. */
  outcome: number;
  /** Wall-clock time. */
  endedMs: number;
};

/** What makes a connection one that says nothing. */
export type ConnectionLimits = {
  /** An originator that sent more payload than this talked. */
  readonly maxOriginatorBytes: number;
  readonly maxLifetimeMs: number;
};

/** Where the addresses begin among the words. */
export const SOURCE = 0;
export const DESTINATION = 4;

export function createConnection(): Connection {
  // -1.5 keeps the field a floating-point one from the beginning.
  return { words: new Int32Array(8), port: 0, outcome: 0, endedMs: -1.5 };
}
