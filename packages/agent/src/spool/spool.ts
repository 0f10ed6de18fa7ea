import type { Batch, BatchKind, SpoolHealth } from '@connscan/wire';
import type { SpoolFiles } from './spool-files.ts';

/** Batches on their way to the aggregator, kept on disk until it has acknowledged them. No call ever fails. */
export type Spool = {
  /**
   * UUID that sequence numbers count within; kept on disk, and another one at the next start if that is lost. It changes
   * once, and `onChange` tells, where the disk could not be written at the start: readers of before have nothing to give then.
   */
  readonly epoch: string;
  /**
   * Numbers and keeps a batch, whose payload must not change any more. Resolves to its number when it is on disk; to
   * undefined when it could not be and waits in memory, or was acknowledged or given up before. Never rejects.
   */
  append(kind: BatchKind, payload: Uint8Array): Promise<number | undefined>;
  /**
   * For one session: everything not acknowledged, once. Losses and what was appended after it was opened come first,
   * detections before sightings; between it the backlog, oldest first.
   */
  openReader(): SpoolReader;
  /** Batches that the aggregator has committed or rejected, in any order. Others are ignored. */
  acknowledge(seqs: readonly number[]): void;
  /** Batches not yet acknowledged. */
  waiting(): number;
  /** appended = acknowledged + lostFull + lostDamage + waiting, always. */
  health(): SpoolHealth;
  /** Called when a batch can be read or was acknowledged. */
  onChange(listener: () => void): void;
  /** Makes durable what is not, as far as the disk takes it, and closes: what is appended from now on is not kept. */
  close(): Promise<void>;
};

export type SpoolReader = {
  /** The next batch to send; undefined if there is none now. One call at a time. */
  next(): Promise<Batch | undefined>;
  close(): void;
};

export type SpoolLogger = Record<'info' | 'warn' | 'error', (fields: Record<string, unknown>, message: string) => void>;

export type SpoolClock = {
  wallTimeMs(): number;
  /** Calls once, unless it is cancelled before by what it returns. */
  afterMs(ms: number, call: () => void): () => void;
};

export type SpoolOptions = {
  /** The directory, which is the spool's alone: see openSpoolFiles. */
  readonly files: SpoolFiles;
  /** On disk at most; the default of 256 MiB is 14,000 full batches of sightings. */
  readonly maxBytes?: number;
  /** In memory at most, while the disk takes nothing. */
  readonly maxMemoryBytes?: number;
  readonly clock: SpoolClock;
  readonly logger: SpoolLogger;
  readonly randomUUID: () => string;
};
