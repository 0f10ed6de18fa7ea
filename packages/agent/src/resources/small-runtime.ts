/**
 * How an agent runs so that it stays small. Flags of the engine hold for all threads and must be there when the process starts;
 * each was measured on 2 cores with full tables, see docs/decisions/0013-bundles-and-memory.md.
 */
export const SMALL_RUNTIME = {
  flags: [
    // New objects get 1 MiB in each thread and not 16: what an agent allocates lives for a task or for ever.
    '--max-semi-space-size=1',
    // Bounds the heap of every thread by itself: a worker that reaches it ends, and its tables go on with another. A limit given
    // to a worker alone does not count beside it.
    '--max-old-space-size=128',
    // Heaps are collected early, the first time at 6 MiB: after busy times an agent has 111 MiB and not 114 to 125.
    '--optimize-for-size',
    '--initial-old-space-size=6',
    // And not once more when all is quiet: 10 s without traffic took 0.9 to 1.6 percent of a core with that, 0.6 to 1.4 without.
    '--no-memory-reducer',
    // Collections of so little need no helper threads, each of which has memory of its own.
    '--single-threaded-gc',
    '--v8-pool-size=1',
  ],
  env: {
    // One heap of the C library for all threads: otherwise each keeps what its start took, 11 MiB.
    MALLOC_ARENA_MAX: '1',
    // The C library raises both with the largest block that was freed, and from then on keeps what is free: 4 MiB, and copies of tables.
    MALLOC_MMAP_THRESHOLD_: '131072',
    MALLOC_TRIM_THRESHOLD_: '131072',
  },
} as const;
