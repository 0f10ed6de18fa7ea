import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MODEL_NAMES } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { collectBatches } from '../test/collect-batches.ts';
import { createDrainLoop } from './drain-loop.ts';
import type { DrainResult, DrainTask, TablesCopy } from './drain-task.ts';

const NOTHING: DrainResult = {
  records: 0,
  unknownOriginators: 0,
  detections: [],
  sightings: [],
  owned: [],
  local: [],
  counters: undefined,
  more: false,
};
const quiet = createLogger('test');
quiet.level = 'silent';

type Answer = (task: DrainTask) => DrainResult | Promise<DrainResult>;

/** A loop over two shards, whose rings have data while `full` says so, and whose workers are `answer`. */
function createLoop(answer: Answer, full: readonly boolean[] = [false, false], mayTakeSightings = () => true) {
  const spool = collectBatches();
  const tasks: DrainTask[] = [];
  const evidence: unknown[] = [];
  const kept: [number, readonly TablesCopy[]][] = [];
  const loop = createDrainLoop({
    readers: [0, 1].map((shard) => ({ hasData: () => full[shard]!, taken: () => 2 + shard })),
    runTask: async (task) => {
      tasks.push(task);
      return answer(task);
    },
    copyTables: async ({ shard, arrived }) => [{ model: MODEL_NAMES[0], tables: Uint8Array.of(shard, arrived) }],
    writeTables: async (shard, copies) => void kept.push([shard, copies]),
    mayTakeSightings,
    spool,
    evidence: { addProcesses: (owned) => evidence.push(...owned), addListeners: (local) => evidence.push(...local) },
    bootTimeMs: () => performance.now(),
    wallTimeMs: () => 1_000_000 + performance.now(),
    logger: quiet,
  });
  return { loop, spool, tasks, evidence, kept };
}

test('a loop has started when every shard was drained once', async () => {
  const { loop, tasks } = createLoop(() => NOTHING);
  await loop.start();
  assert.deepEqual(
    tasks.slice(0, 2).map(({ shard }) => shard),
    [0, 1],
  );
  await loop.stop();
});

test('a loop whose workers cannot load does not start', async () => {
  const { loop } = createLoop(() => Promise.reject(new Error('no binding')));
  await assert.rejects(loop.start(), /no binding/);
});

test('a shard never has two tasks under way, and a slow one does not hold up the other', async () => {
  const underWay = [0, 0];
  let released = () => {};
  const slow = new Promise<void>((resolve) => {
    released = resolve;
  });
  let others = 0;
  let started = false;
  const { loop } = createLoop(
    async ({ shard }) => {
      assert.equal(++underWay[shard]!, 1);
      if (started && shard === 0) await slow;
      if (started && shard === 1 && ++others === 5) released();
      underWay[shard]!--;
      return NOTHING;
    },
    [true, true],
  );
  await loop.start();
  started = true;
  await slow;
  await loop.stop();
  assert.ok(others >= 5);
});

test('what a task found is spooled, and what was taken from the rings is counted', async () => {
  const found = { ...NOTHING, records: 3, detections: [Uint8Array.of(1)], sightings: [Uint8Array.of(2)] };
  const { loop, spool } = createLoop(({ shard }) => (shard === 0 ? found : NOTHING));
  await loop.start();
  assert.equal(loop.processed(), 5);
  assert.deepEqual(
    spool.batches.map(({ kind }) => kind),
    ['DETECTIONS', 'SIGHTINGS'],
  );
  await loop.stop();
});

test('a shard whose worker died goes on with another, and the death is counted', async () => {
  let calls = 0;
  const { loop } = createLoop(
    ({ shard }) => (shard === 0 && ++calls === 2 ? Promise.reject(new Error('out of memory')) : NOTHING),
    [true, false],
  );
  await loop.start();
  while (calls < 4) await setImmediate();
  await loop.stop();
  assert.equal(loop.workerDeaths(), 1);
});

test('a task names the last answer that arrived, and each answer has a number of its own', async () => {
  let calls = 0;
  const { loop, tasks } = createLoop(
    ({ shard }) => (shard === 0 && ++calls === 3 ? Promise.reject(new Error('killed')) : NOTHING),
    [true, false],
  );
  await loop.start();
  while (calls < 5) await setImmediate();
  await loop.stop();
  const numbers = tasks.filter(({ shard }) => shard === 0).map(({ answer, arrived }) => [answer, arrived]);
  assert.deepEqual(numbers.slice(0, 5), [
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
  ]);
});

test('a change of generation comes between two tasks of a shard: the old one tells all it has, and the tables are kept', async () => {
  const left = [2, 0];
  let changing = false;
  const { loop, tasks, kept } = createLoop(({ shard, takeSightings }) => ({
    ...NOTHING,
    more: changing && takeSightings && left[shard]! > 0 && left[shard]!-- > 0,
  }));
  await loop.start();
  changing = true;
  await Promise.all([loop.change(1, true)]);
  for (const shard of [0, 1]) {
    const generations = tasks.filter((task) => task.shard === shard).map(({ generation }) => generation);
    assert.deepEqual(generations, generations.toSorted());
    assert.ok(generations.includes(1));
  }
  assert.deepEqual(left, [0, 0]);
  assert.deepEqual(kept.map(([shard]) => shard).sort(), [0, 1]);
  await loop.stop();
});

test('a stopping loop drains until no shard has more, and takes the sightings too', async () => {
  let left = 3;
  const { loop, tasks } = createLoop(({ shard, takeSightings }) => {
    if (shard === 1 || !takeSightings) return NOTHING;
    return { ...NOTHING, records: 1, more: --left > 0 };
  });
  await loop.start();
  await loop.stop();
  assert.equal(left, 0);
  assert.ok(tasks.at(-1)!.takeSightings);
});

test('a stopping loop keeps the tables of every shard as its last task left them', async () => {
  const { loop, tasks, kept } = createLoop(() => NOTHING);
  await loop.start();
  await loop.stop();
  assert.deepEqual(
    kept.toSorted(([a], [b]) => a - b),
    [0, 1].map((shard) => [
      shard,
      [{ model: MODEL_NAMES[0], tables: Uint8Array.of(shard, tasks.filter((task) => task.shard === shard).length) }],
    ]),
  );
});

test('records that told of nobody are counted', async () => {
  const { loop } = createLoop(({ shard }) => ({ ...NOTHING, records: 2, unknownOriginators: shard }));
  await loop.start();
  assert.equal(loop.unknownOriginators(), 1);
  await loop.stop();
});

test('while there is no memory for sightings they stay in the tables; a stop takes all', async () => {
  const { loop, tasks } = createLoop(
    () => NOTHING,
    [false, false],
    () => false,
  );
  await loop.start();
  assert.ok(tasks.length > 0 && tasks.every(({ maxSightings }) => maxSightings === 0));
  await loop.stop();
  assert.ok(tasks.at(-1)!.takeSightings && tasks.at(-1)!.maxSightings > 0);
});
