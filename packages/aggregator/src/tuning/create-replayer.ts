import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Store } from '../store/open-store.ts';
import { type Plan, planStretches } from './plan-stretches.ts';
import { serveCopies } from './serve-copies.ts';
import type { SightingRows } from './sighting-rows.ts';
import type { SightingsChoice } from './sightings-copy.ts';
import type { ReadTask, ReplayTask, SightingsSource, WhatIfPart, WhatIfProgress } from './what-if-task.ts';

/** What is read of the history. */
type HistoryChoice = Pick<ReplayTask, 'sinceMs' | 'untilMs'> & Pick<SightingsChoice, 'agentIds'>;

/** What is replayed of it, and with which policies. */
export type Replay = Pick<ReplayTask, 'id' | 'sources' | 'present' | 'candidate' | 'curve'>;

type ReplayOptions = { readonly signal: AbortSignal; readonly onProgress: (progress: number) => void };

export type History = {
  /** When its first hour with sightings begins; undefined if there is none. */
  readonly sinceMs: number | undefined;
  /**
   * What each share of the sources says, and how many sightings that were. Rejects when the signal is aborted; the threads are
   * ended then.
   */
  replay(replay: Replay, options: ReplayOptions): Promise<Replayed>;
};

export type Replayed = { readonly parts: readonly WhatIfPart[]; readonly sightings: number };

/** Replays recorded sightings in worker threads, one replay at a time, each with all of them. */
export type Replayer = {
  /** What there is. It is read by the first replay and kept for others, if it is not too long; then by each. */
  open(choice: HistoryChoice): Promise<History>;
  stop(): Promise<void>;
};

/** A worker is let go when nothing was asked for so long. */
const IDLE_MS = 10_000;

/** 24 bytes each, or 56. A longer history is replayed in rounds of some of the sources each. */
const MOST_ROWS = 12_000_000;

/** Rows that a worker reads at a time. */
const ROWS_OF_SERVER = 500_000;

/** Rows of the embedded store at once, which answers nobody else meanwhile: about a fifth of a second. */
const ROWS_OF_EMBEDDED = 200_000;

/** Reading is about half of the time. */
const READ_SHARE = 0.5;

export type ReplayerOptions = Pick<Store, 'db' | 'bulk'> & {
  /** Sightings that are in memory at once. */
  readonly mostRows?: number;
};

export function createReplayer({ db, bulk, mostRows = MOST_ROWS }: ReplayerOptions): Replayer {
  const isServer = 'postgresUrl' in bulk;
  const threads = Math.max(1, availableParallelism());
  let pool: Piscina | undefined;

  function openPool(): Piscina {
    pool ??= new Piscina({
      filename: fileURLToPath(new URL('./what-if-worker.ts', import.meta.url)),
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
    });
    return pool;
  }

  function replayPart(task: ReplayTask, signal: AbortSignal): Promise<WhatIfPart> {
    return openPool().run(task, { name: 'replay', signal });
  }

  async function read(task: Omit<ReadTask, 'source'>, signal: AbortSignal): Promise<SightingRows> {
    const run = (source: SightingsSource, transferList: readonly unknown[] = []) =>
      openPool().run({ ...task, source } satisfies ReadTask, {
        name: 'read',
        signal,
        transferList: transferList as never,
      });
    if ('postgresUrl' in bulk) return await run(bulk);
    const { port1, port2 } = new MessageChannel();
    serveCopies(port1, bulk.copyOut);
    try {
      return await run({ port: port2 }, [port2]);
    } finally {
      // A port that no worker took, as it was too late for it, would keep the process alive.
      port1.close();
    }
  }

  /** All stretches of one round. The embedded store has one thread: there the next one is read when the last one was. */
  async function readRound(
    { stretches, expected }: Plan,
    { choice, rounds, signal, onRead }: ReadOptions,
  ): Promise<SightingRows[]> {
    const rows: Promise<SightingRows>[] = [];
    let readShare = 0;
    for (const stretch of stretches) {
      const { sinceMs, untilMs } = stretch;
      const task = { choice: { ...choice, sinceMs, untilMs }, expected: Math.ceil(stretch.expected / rounds) };
      const one = read(task, signal).then((told) => {
        readShare += stretch.expected / expected;
        onRead(readShare);
        return told;
      });
      rows.push(one);
      if (!isServer) await one;
    }
    return await Promise.all(rows);
  }

  async function replayRound(
    task: Omit<ReplayTask, 'taken'>,
    signal: AbortSignal,
    onReplayed: (share: number) => void,
  ): Promise<WhatIfPart[]> {
    const taken = new Int32Array(new SharedArrayBuffer(4));
    let most = 0;
    const workers = openPool();
    const onMessage = ({ id, progress }: WhatIfProgress) => {
      if (id !== task.id) return;
      most = Math.max(most, progress);
      onReplayed(most);
    };
    workers.on('message', onMessage);
    try {
      return await Promise.all(Array.from({ length: threads }, () => replayPart({ ...task, taken }, signal)));
    } finally {
      workers.off('message', onMessage);
    }
  }

  return {
    async open({ agentIds, ...range }) {
      const plan = await planStretches(db, { ...range, rows: isServer ? ROWS_OF_SERVER : ROWS_OF_EMBEDDED });
      const rounds = Math.max(1, Math.ceil(plan.expected / mostRows));
      const [first] = plan.stretches;
      const sinceMs = first?.sinceMs ?? range.sinceMs;
      const untilMs = plan.stretches.at(-1)?.untilMs ?? range.untilMs;
      let kept: readonly SightingRows[] | undefined;

      return {
        sinceMs: first?.sinceMs,
        async replay(replay, { signal, onProgress }) {
          const all: WhatIfPart[] = [];
          let sightings = 0;
          for (let round = 0; round < rounds; round++) {
            const tell = (share: number) => onProgress((round + share) / rounds);
            const readShare = kept ? 0 : READ_SHARE;
            const choice = {
              ...{ round, rounds },
              ...(agentIds && { agentIds }),
              // What is kept is for others too.
              ...(replay.sources && rounds > 1 && { sources: replay.sources }),
            };
            const onRead = (share: number) => tell(share * readShare);
            const stretches = kept ?? (await readRound(plan, { choice, rounds, signal, onRead }));
            if (rounds === 1) kept = stretches;
            sightings += stretches.reduce((sum, { count }) => sum + count, 0);
            const onReplayed = (share: number) => tell(readShare + (1 - readShare) * share);
            all.push(...(await replayRound({ ...replay, stretches, sinceMs, untilMs }, signal, onReplayed)));
          }
          return { parts: all, sightings };
        },
      };
    },

    async stop() {
      await pool?.destroy();
    },
  };
}

type ReadOptions = {
  readonly choice: Omit<SightingsChoice, 'sinceMs' | 'untilMs'>;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly onRead: (share: number) => void;
};
