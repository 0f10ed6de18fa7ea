import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads';
import type { Policy } from '@connscan/model';
import type { Logger } from '@connscan/program';
import { Piscina } from 'piscina';
import type { Store } from '../store/open-store.ts';
import type { Labels } from '../store/schema.ts';
import { createLatest, type Latest } from './create-latest.ts';
import { planStretches } from './plan-stretches.ts';
import { serveCopies } from './serve-copies.ts';
import { curveAround, lowsOf, sortedUnique } from './what-if-curve.ts';
import { resultOf, type WhatIfResult } from './what-if-result.ts';
import type { SightingsSource, WhatIfPart, WhatIfProgress, WhatIfTask } from './what-if-task.ts';

export const WHAT_IF_STATES = ['WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'] as const;

export type WhatIfOptions = {
  readonly present: Policy;
  readonly candidate: Policy;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whose policies these are. */
  readonly labels: Labels;
  /** Only what these agents told; of all if left out. */
  readonly agentIds?: readonly string[];
  /** Thresholds for low; some around those of the policies if left out. */
  readonly curve?: readonly number[];
};

export type WhatIf = Pick<WhatIfOptions, 'sinceMs' | 'untilMs' | 'labels' | 'present' | 'candidate'> & {
  readonly id: string;
  readonly state: (typeof WHAT_IF_STATES)[number];
  /** 0 to 1. */
  readonly progress: number;
  /** Of one that failed. */
  readonly problem?: string;
  /** Of one that is done. */
  readonly result?: WhatIfResult;
};

export type WhatIfs = {
  /** Begins it as soon as those before it are over; undefined if too many wait. */
  start(options: WhatIfOptions): WhatIf | undefined;
  /** Undefined for one that never was, or that many newer ones have displaced. */
  find(id: string): WhatIf | undefined;
  /** Ends it, if it is not over. */
  cancel(id: string): WhatIf | undefined;
  /** How it is now, and whenever that changes, until it is over. A slow reader sees less. */
  follow(id: string): AsyncIterableIterator<WhatIf> | undefined;
  /** Cancels them all. */
  stop(): Promise<void>;
};

/** Each takes all processors: more at a time would not be sooner. */
const MOST_WAITING = 8;

/** Results that are kept, of some 100 kB each. */
const MOST_KEPT = 32;

/** A worker is let go when nothing was asked for so long. */
const IDLE_MS = 10_000;

/** Rows of one worker at once: 32 bytes each. */
const ROWS_OF_SERVER = 5_000_000;

/** Rows of the embedded store at once, which answers nobody else meanwhile: about a fifth of a second. */
const ROWS_OF_EMBEDDED = 200_000;

type Entry = {
  whatIf: WhatIf;
  readonly options: WhatIfOptions;
  readonly abort: AbortController;
  readonly latest: Latest<WhatIf>;
};

export function createWhatIfs({ db, bulk, log }: Pick<Store, 'db' | 'bulk'> & { readonly log: Logger }): WhatIfs {
  const isServer = 'postgresUrl' in bulk;
  const parts = isServer ? Math.max(1, availableParallelism()) : 1;
  const entries = new Map<string, Entry>();
  const waiting: Entry[] = [];
  let running: Promise<void> | undefined;
  let pool: Piscina<WhatIfTask, WhatIfPart> | undefined;

  function change(entry: Entry, change: Partial<WhatIf>): WhatIf {
    entry.whatIf = { ...entry.whatIf, ...change };
    entry.latest.set(entry.whatIf);
    if (isOver(entry.whatIf)) entry.latest.end();
    return entry.whatIf;
  }

  async function runAll(): Promise<void> {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) await runOne(entry);
    running = undefined;
  }

  async function runOne(entry: Entry): Promise<void> {
    change(entry, { state: 'RUNNING' });
    try {
      const result = await replay(entry);
      if (!isOver(entry.whatIf)) change(entry, { state: 'DONE', progress: 1, result });
    } catch (error) {
      // The threads of one that was cancelled are ended.
      if (isOver(entry.whatIf)) return;
      log.error({ err: error, whatIf: entry.whatIf.id }, 'a what-if failed');
      change(entry, { state: 'FAILED', problem: (error as Error).message });
    }
  }

  async function replay({ whatIf, options, abort }: Entry): Promise<WhatIfResult> {
    const { present, candidate, sinceMs, untilMs, agentIds } = options;
    const rows = isServer ? ROWS_OF_SERVER * parts : ROWS_OF_EMBEDDED;
    const plan = await planStretches(db, { sinceMs, untilMs, rows });
    const policies = [present, candidate];
    const curve = options.curve ? sortedUnique([...options.curve, ...lowsOf(policies)]) : curveAround(policies);
    const done = Array.from({ length: parts }, () => 0);
    const workers = openPool();
    const ports: MessagePort[] = [];
    const onProgress = ({ id, part, progress }: WhatIfProgress) => {
      if (id !== whatIf.id) return;
      done[part] = progress;
      const entry = entries.get(id);
      if (entry && !isOver(entry.whatIf))
        change(entry, { progress: done.reduce((sum, share) => sum + share, 0) / parts });
    };
    workers.on('message', onProgress);
    try {
      const answers = await Promise.all(
        done.map((_progress, part) => {
          const { source, transferList } = sourceOf(ports);
          const task = {
            ...{ id: whatIf.id, part, parts, source },
            ...plan,
            ...(agentIds && { agentIds }),
            present,
            candidate,
            curve,
          };
          return workers.run(task, { signal: abort.signal, transferList: transferList as never });
        }),
      );
      return resultOf(answers, options);
    } finally {
      workers.off('message', onProgress);
      // The other end of one that no thread took yet is never closed, and this one would keep the process alive.
      for (const port of ports) port.close();
    }
  }

  function sourceOf(ports: MessagePort[]): { readonly source: SightingsSource; readonly transferList: Transferable[] } {
    if ('postgresUrl' in bulk) return { source: { postgresUrl: bulk.postgresUrl }, transferList: [] };
    const { port1, port2 } = new MessageChannel();
    serveCopies(port1, bulk.copyOut);
    ports.push(port1);
    return { source: { port: port2 }, transferList: [port2] };
  }

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

  function cancel(entry: Entry): WhatIf {
    if (isOver(entry.whatIf)) return entry.whatIf;
    const place = waiting.indexOf(entry);
    if (place !== -1) waiting.splice(place, 1);
    const cancelled = change(entry, { state: 'CANCELLED' });
    entry.abort.abort();
    return cancelled;
  }

  return {
    start(options) {
      if (waiting.length >= MOST_WAITING) return undefined;
      const { sinceMs, untilMs, labels, present, candidate } = options;
      const whatIf: WhatIf = {
        ...{ id: randomUUID(), state: 'WAITING', progress: 0 },
        ...{ sinceMs, untilMs, labels, present, candidate },
      };
      const entry = { whatIf, options, abort: new AbortController(), latest: createLatest(whatIf) };
      entries.set(whatIf.id, entry);
      waiting.push(entry);
      for (const [id, old] of entries) if (entries.size > MOST_KEPT && isOver(old.whatIf)) entries.delete(id);
      running ??= runAll();
      return entry.whatIf;
    },
    find: (id) => entries.get(id)?.whatIf,
    cancel(id) {
      const entry = entries.get(id);
      return entry && cancel(entry);
    },
    follow: (id) => entries.get(id)?.latest.follow(),
    async stop() {
      for (const entry of entries.values()) cancel(entry);
      await running;
      await pool?.destroy();
    },
  };
}

function isOver({ state }: WhatIf): boolean {
  return state !== 'WAITING' && state !== 'RUNNING';
}
