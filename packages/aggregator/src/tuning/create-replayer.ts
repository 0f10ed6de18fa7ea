import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Store } from '../store/open-store.ts';
import { type Plan, planStretches } from './plan-stretches.ts';
import { serveCopies } from './serve-copies.ts';
import type { WhatIfPart, WhatIfProgress, WhatIfTask } from './what-if-task.ts';

/** What is replayed: a plan of this replayer, and the policies. */
export type Replay = Plan & Pick<WhatIfTask, 'id' | 'agentIds' | 'sources' | 'present' | 'candidate' | 'curve'>;

type ReplayOptions = { readonly signal: AbortSignal; readonly onProgress: (progress: number) => void };

/** Replays recorded sightings in worker threads, one replay at a time, each with all of them. */
export type Replayer = {
  /** What there is to replay from one time to another. */
  plan(range: { readonly sinceMs: number; readonly untilMs: number }): Promise<Plan>;
  /** What each share of the sources says. Rejects when the signal is aborted; the threads are ended then. */
  replay(replay: Replay, options: ReplayOptions): Promise<WhatIfPart[]>;
  stop(): Promise<void>;
};

/** A worker is let go when nothing was asked for so long. */
const IDLE_MS = 10_000;

/** Rows of one worker at once: 32 bytes each. */
const ROWS_OF_SERVER = 5_000_000;

/** Rows of the embedded store at once, which answers nobody else meanwhile: about a fifth of a second. */
const ROWS_OF_EMBEDDED = 200_000;

export function createReplayer({ db, bulk }: Pick<Store, 'db' | 'bulk'>): Replayer {
  const isServer = 'postgresUrl' in bulk;
  const parts = isServer ? Math.max(1, availableParallelism()) : 1;
  let pool: Piscina<WhatIfTask, WhatIfPart> | undefined;

  function openPool(): Piscina<WhatIfTask, WhatIfPart> {
    pool ??= new Piscina({
      filename: fileURLToPath(new URL('./what-if-worker.ts', import.meta.url)),
      name: 'replayPart',
      minThreads: 0,
      maxThreads: parts,
      idleTimeout: IDLE_MS,
    });
    return pool;
  }

  async function replayPart(task: Omit<WhatIfTask, 'source'>, signal: AbortSignal): Promise<WhatIfPart> {
    if ('postgresUrl' in bulk) return openPool().run({ ...task, source: bulk }, { signal });
    const { port1, port2 } = new MessageChannel();
    serveCopies(port1, bulk.copyOut);
    try {
      return await openPool().run({ ...task, source: { port: port2 } }, { signal, transferList: [port2] as never });
    } finally {
      // A port that no worker took, as it was too late for it, would keep the process alive.
      port1.close();
    }
  }

  return {
    plan: (range) => planStretches(db, { ...range, rows: isServer ? ROWS_OF_SERVER * parts : ROWS_OF_EMBEDDED }),

    async replay(replay, { signal, onProgress }) {
      const done = Array.from({ length: parts }, () => 0);
      const workers = openPool();
      const onMessage = ({ id, part, progress }: WhatIfProgress) => {
        if (id !== replay.id) return;
        done[part] = progress;
        onProgress(done.reduce((sum, share) => sum + share, 0) / parts);
      };
      workers.on('message', onMessage);
      try {
        return await Promise.all(done.map((_progress, part) => replayPart({ ...replay, part, parts }, signal)));
      } finally {
        workers.off('message', onMessage);
      }
    },

    async stop() {
      await pool?.destroy();
    },
  };
}
