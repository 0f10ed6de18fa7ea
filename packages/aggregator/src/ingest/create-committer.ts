import { setImmediate } from 'node:timers/promises';
import type { Batch } from '../store/batch.ts';
import { type Commit, commitBatches } from '../store/commit-batch.ts';
import type { Database } from '../store/schema.ts';
import type { SightingDays } from '../store/sighting-days.ts';

/** A batch that was committed, with what is new in it. */
type Committed = Extract<Commit, { state: 'committed' }>;

/** Commits the batches of all sessions. */
export type Committer = {
  /**
   * Resolves when there is room for one more batch, which is to be decoded then, and handed over. Decoded earlier, its rows
   * would wait, and be moved about by each garbage collection.
   */
  room(): Promise<void>;
  /** Resolves when it is committed; rejects if the store failed, and nothing is known of the batch. */
  commit(batch: Batch): Promise<Commit>;
  counters(): IngestCounters;
};

/** Since the start. */
export type IngestCounters = {
  /** Batches by what became of them. */
  readonly batches: Readonly<Record<Commit['state'], number>>;
  /** Sightings in those that were committed. */
  readonly sightings: number;
  /** Transactions, and how long all of them took. */
  readonly transactions: number;
  readonly transactionsMs: number;
};

export type CommitterOptions = {
  readonly db: Database;
  /** Resolves when this process alone writes to the store. */
  readonly hold: () => Promise<void>;
  readonly days: Pick<SightingDays, 'cover'>;
  /** Hears of each batch after its commit, in the order in which they were committed. */
  readonly onCommitted: (agentId: string, commit: Committed) => void;
};

/** A transaction of so many sightings takes 50 to 150 ms. Twice as many in one were not faster. */
const MAX_BATCHES = 20;

/** One transaction that runs, one that is ready, one that is being decoded. */
const MAX_UNDER_WAY = 3 * MAX_BATCHES;

type Waiting = { readonly batch: Batch; resolve(commit: Commit): void; reject(error: unknown): void };

/**
 * While a transaction runs, batches wait, and the next transaction takes up to 20 of them: the disk is waited for once for
 * all, and meanwhile others are decoded, and what was committed is told, one batch at a time, so that neither waits for the
 * other. Alone, a batch waits for nothing.
 */
export function createCommitter({ db, hold, days, onCommitted }: CommitterOptions): Committer {
  const waiting: Waiting[] = [];
  const batchCounts = { committed: 0, duplicate: 0, rejected: 0 };
  const counts = { sightings: 0, transactions: 0, transactionsMs: 0 };
  const roomless: (() => void)[] = [];
  let underWay = 0;
  let running = false;
  /** Settles when all that was committed is told. */
  let told: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) await commitGroup(waiting.splice(0, MAX_BATCHES));
    running = false;
  }

  async function commitGroup(group: readonly Waiting[]): Promise<void> {
    const batches = group.map(({ batch }) => batch);
    try {
      await hold();
      await days.cover(batches.flatMap(timesOf));
      const begunMs = performance.now();
      const commits = await commitBatches(db, batches);
      counts.transactions++;
      counts.transactionsMs += performance.now() - begunMs;
      told = told.then(() => tell(group, commits));
    } catch (error) {
      // What waits would fail too, each after the time that it takes to find a server that is gone.
      const lost = [...group, ...waiting.splice(0)];
      for (const { reject } of lost) reject(error);
      makeRoom(lost.length);
    }
  }

  async function tell(group: readonly Waiting[], commits: readonly Commit[]): Promise<void> {
    for (const [at, { batch, resolve, reject }] of group.entries()) {
      const commit = commits[at]!;
      batchCounts[commit.state]++;
      try {
        if (commit.state === 'committed') {
          counts.sightings += commit.sightings.length;
          onCommitted(batch.key.agentId, commit);
        }
        resolve(commit);
      } catch (error) {
        reject(error);
      }
      makeRoom(1);
      await setImmediate();
    }
  }

  /** Those who waited longest take what became free. */
  function makeRoom(batches: number): void {
    const admitted = roomless.splice(0, batches);
    underWay -= batches - admitted.length;
    for (const admit of admitted) admit();
  }

  return {
    async room() {
      if (underWay < MAX_UNDER_WAY) underWay++;
      else await new Promise<void>((resolve) => roomless.push(resolve));
    },
    commit(batch) {
      const { promise, resolve, reject } = Promise.withResolvers<Commit>();
      waiting.push({ batch, resolve, reject });
      if (!running) void run();
      return promise;
    },
    counters: () => ({ batches: { ...batchCounts }, ...counts }),
  };
}

function timesOf(batch: Batch): number[] {
  return 'sightings' in batch ? batch.sightings.rows.map(({ lastSeenMs }) => lastSeenMs) : [];
}
