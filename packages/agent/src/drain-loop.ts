import type { Counters } from '@connscan/detector';
import type { RingReader } from '@connscan/probe';
import type { Logger } from '@connscan/program';
import type { DrainResult, DrainTask } from './drain-task.ts';
import type { Evidence } from './evidence.ts';
import type { Queue } from './queue.ts';

/** The loop looks at the rings this often while records come, in milliseconds, and up to the longest when none do. */
const SHORTEST_MS = 5;
const LONGEST_MS = 50;

/** A shard without records is still brought up to now this often, so that episodes go on and end, in milliseconds. */
const ADVANCE_MS = 500;

/** A shard's tables are copied to disk this often, in milliseconds: what a failure of the host may make an agent forget. */
const SNAPSHOT_MS = 60_000;

/** Sightings are gathered this long, in milliseconds, so that many connections to one service are one row. */
const SIGHTINGS_MS = 1000;

export type DrainLoopOptions = {
  /** One for each shard; only asked whether there is data. */
  readonly readers: readonly Pick<RingReader, 'hasData'>[];
  readonly runTask: (task: DrainTask) => Promise<DrainResult>;
  /** Copies the tables of a shard in a worker, one after the other of the models at work. */
  readonly copyTables: (shard: number) => Promise<readonly Uint8Array[]>;
  /** Keeps such a copy; never rejects. */
  readonly writeTables: (shard: number, tables: readonly Uint8Array[]) => Promise<void>;
  readonly queue: Queue;
  readonly evidence: Pick<Evidence, 'addProcesses' | 'addListeners'>;
  readonly bootTimeMs: () => number;
  readonly wallTimeMs: () => number;
  readonly logger: Logger;
};

export type DrainLoop = {
  /** Resolves when each shard has been drained once, so that no scan waits for a worker to load; rejects if one cannot. */
  start(): Promise<void>;
  /** Reads every ring to its end, takes everything the shards have to say, keeps their tables, and ends the loop. */
  stop(): Promise<void>;
  /** Records that went through the detector. */
  processed(): number;
  /** Of these, how many told of nobody. */
  unknownOriginators(): number;
  /** Of all tables, as of a second ago. */
  counters(): readonly Counters[];
  /** Tasks whose worker died; their shard went on with another. */
  workerDeaths(): number;
};

type Shard = {
  readonly number: number;
  /** A task is under way, of whichever kind. */
  busy: boolean;
  writing: boolean;
  advancedMs: number;
  sightingsMs: number;
  copiedMs: number;
  more: boolean;
  counters: readonly Counters[];
};

/** Hands each shard with something to do to a worker, never two tasks of one shard at once. */
export function createDrainLoop(options: DrainLoopOptions): DrainLoop {
  const { readers, runTask, copyTables, writeTables, queue, evidence, bootTimeMs, wallTimeMs, logger } = options;
  const startedMs = bootTimeMs();
  const shards = readers.map((_, number): Shard => {
    // Not all at the same time.
    const copiedMs = startedMs - (number * SNAPSHOT_MS) / readers.length;
    return { number, busy: false, writing: false, advancedMs: 0, sightingsMs: 0, copiedMs, more: false, counters: [] };
  });
  const running = new Set<Promise<void>>();
  let intervalMs = SHORTEST_MS;
  let timer: NodeJS.Timeout | undefined;
  let processed = 0;
  let unknownOriginators = 0;
  let workerDeaths = 0;

  function look(): void {
    const nowMs = bootTimeMs();
    let found = false;
    for (const shard of shards) {
      const hasData = shard.more || readers[shard.number]!.hasData();
      found ||= hasData;
      if (shard.busy) continue;
      if (nowMs - shard.copiedMs >= SNAPSHOT_MS && !shard.writing) snapshot(shard, nowMs);
      else if (hasData || nowMs - shard.advancedMs >= ADVANCE_MS) drain(shard, nowMs, false);
    }
    intervalMs = found ? SHORTEST_MS : Math.min(LONGEST_MS, intervalMs * 2);
    timer = setTimeout(look, intervalMs);
  }

  function taskOf(shard: Shard, nowMs: number, last: boolean): DrainTask {
    const takeSightings = last || nowMs - shard.sightingsMs >= SIGHTINGS_MS;
    shard.advancedMs = nowMs;
    if (takeSightings) shard.sightingsMs = nowMs;
    return { shard: shard.number, nowMs, wallOffsetMs: wallTimeMs() - nowMs, takeSightings };
  }

  function drain(shard: Shard, nowMs: number, last: boolean): void {
    run(shard, runTask(taskOf(shard, nowMs, last)), (result) => keep(shard, result));
  }

  /** The shard waits for the copy only, 24 to 154 ms for 15 MiB on a busy machine, and not for the disk. */
  function snapshot(shard: Shard, nowMs: number): void {
    shard.copiedMs = nowMs;
    run(shard, copyTables(shard.number), (tables) => {
      shard.writing = true;
      const written = writeTables(shard.number, tables).then(() => {
        shard.writing = false;
        running.delete(written);
      });
      running.add(written);
    });
  }

  function run<Result>(shard: Shard, task: Promise<Result>, take: (result: Result) => void): void {
    shard.busy = true;
    const settled = task
      .then(take, (error: Error) => {
        shard.more = false;
        workerDeaths++;
        logger.error({ shard: shard.number, error: error.message }, 'a drain worker died; the shard goes on');
      })
      .then(() => {
        shard.busy = false;
        running.delete(settled);
      });
    running.add(settled);
  }

  function keep(shard: Shard, result: DrainResult): void {
    const { records, detections, sightings, owned, local, counters, more } = result;
    shard.more = more;
    if (counters) shard.counters = counters;
    processed += records;
    unknownOriginators += result.unknownOriginators;
    for (const payload of detections) queue.append('DETECTIONS', payload);
    for (const payload of sightings) queue.append('SIGHTINGS', payload);
    evidence.addProcesses(owned);
    evidence.addListeners(local);
  }

  async function start(): Promise<void> {
    const first = shards.map(async (shard) => keep(shard, await runTask(taskOf(shard, bootTimeMs(), false))));
    await Promise.all(first);
    look();
  }

  async function stop(): Promise<void> {
    clearTimeout(timer);
    await Promise.all(running);
    do {
      for (const shard of shards) drain(shard, bootTimeMs(), true);
      await Promise.all(running);
    } while (shards.some((shard) => shard.more));
    for (const shard of shards) snapshot(shard, bootTimeMs());
    while (running.size > 0) await Promise.all(running);
  }

  return {
    start,
    stop,
    processed: () => processed,
    unknownOriginators: () => unknownOriginators,
    counters: () => shards.flatMap(({ counters }) => counters),
    workerDeaths: () => workerDeaths,
  };
}
