/**
 * How an agent runs so that it stays small. Flags of the engine hold for all threads and must be there when the process starts;
 * each was measured on 2 cores with full tables, see docs/decisions/0013-bundles-and-memory.md.
 */
export const SMALL_RUNTIME = {
  flags: [
    // New objects get 1 MiB in each thread and not 16: what an agent allocates lives for a task or for ever.
    '--max-semi-space-size=1',
    // A heap that must stay small grows by a third before it is collected, and not to the fourfold; 15 MiB are used.
    '--max-old-space-size=128',
    // Collections of so little need no helper threads, each of which has memory of its own.
    '--single-threaded-gc',
    '--v8-pool-size=1',
  ],
  /** One heap of the C library for all threads: otherwise each keeps what its start took, 11 MiB. */
  env: { MALLOC_ARENA_MAX: '1' },
} as const;
