import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enabledModels, type Policy, policySchema } from '@connscan/model';
import { findLows } from './find-lows.ts';
import type { CurvePoint } from './what-if-task.ts';

const INSIDE = 'connscan_internal_internal';
const OUTSIDE = 'connscan_internal_external';

/** How many detections each source of a model has at a threshold. */
type Sources = Readonly<Record<string, (low: number) => number>>;

/** A replay of what is written here, which notes what it was asked. */
function createReplay(models: Readonly<Record<string, Sources>>) {
  const asked: { low: number; sources: readonly string[] | undefined }[] = [];
  const replay = async (policy: Policy, curve: readonly number[], sources?: readonly string[]): Promise<CurvePoint[]> =>
    curve.map((low) => {
      asked.push({ low, sources });
      const finds = enabledModels(policy).map(({ model: { name } }) => {
        const asked = Object.entries(models[name] ?? {}).filter(([source]) => !sources || sources.includes(source));
        const found = asked.filter(([, countAt]) => countAt(low) > 0);
        const total = found.reduce((sum, [, countAt]) => sum + countAt(low), 0);
        return {
          ...{ model: name, counts: { low: total, medium: 0, high: 0 }, confirmed: total, otherRules: 0 },
          sources: found.map(([source]) => source),
        };
      });
      return { low, models: finds };
    });
  return { replay, asked };
}

const upTo =
  (peak: number, count = 1) =>
  (low: number) =>
    low <= peak ? count : 0;

async function lowsOf(models: Readonly<Record<string, Sources>>, allowed: number, policy = policySchema.parse({})) {
  const { replay, asked } = createReplay(models);
  const progress: number[] = [];
  const lows = await findLows({ policy, allowed, replay, onProgress: (share) => progress.push(share) });
  assert.deepEqual(progress, progress.toSorted());
  assert.ok(progress.every((share) => share <= 1));
  return { lows: Object.fromEntries(lows), asked };
}

test('the least threshold is found wherever it is, from 3 to the greatest that agents take', async () => {
  for (const peak of [2, 3, 7, 8, 9, 31, 33, 62, 63]) {
    const { lows } = await lowsOf({ [INSIDE]: { '10.0.0.1': upTo(peak), '10.0.0.2': upTo(1000) } }, 1);
    assert.deepEqual(lows, { [INSIDE]: Math.max(3, peak + 1) });
  }
  const { lows } = await lowsOf({ [INSIDE]: { '10.0.0.1': upTo(1000) } }, 0);
  assert.deepEqual(lows, { [INSIDE]: 64 });
});

test('a threshold at which one scan becomes several is passed over, however many are below it', async () => {
  const splits = (low: number) => (low <= 20 ? 1 : low <= 35 ? 4 : 1);
  const { lows } = await lowsOf({ [INSIDE]: { '10.0.0.1': splits, '10.0.0.2': upTo(18) } }, 1);
  assert.deepEqual(lows, { [INSIDE]: 19 });
  const later = await lowsOf({ [INSIDE]: { '10.0.0.1': splits, '10.0.0.2': upTo(22) } }, 1);
  assert.deepEqual(later.lows, { [INSIDE]: 36 });
});

test('each model at work has its own', async () => {
  const policy = policySchema.parse({ models: { [OUTSIDE]: { enabled: true } } });
  const models = { [INSIDE]: { '10.0.0.1': upTo(12, 3) }, [OUTSIDE]: { '10.0.0.1': upTo(40, 3) } };
  assert.deepEqual((await lowsOf(models, 2, policy)).lows, { [INSIDE]: 13, [OUTSIDE]: 41 });
});

test('a policy that has a lower threshold already may keep it', async () => {
  const policy = policySchema.parse({ models: { [INSIDE]: { thresholds: { low: 1, medium: 2, high: 3 } } } });
  assert.deepEqual((await lowsOf({ [INSIDE]: {} }, 0, policy)).lows, { [INSIDE]: 1 });
});

test('beside the coarse thresholds only the sources that are found at one of them are replayed', async () => {
  const few = { '10.0.0.1': upTo(1000, 2), '10.0.0.2': upTo(40) };
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`10.1.0.${n}`, upTo(9)]));
  const { lows, asked } = await lowsOf({ [INSIDE]: { ...few, ...many } }, 2);
  assert.deepEqual(lows, { [INSIDE]: 41 });
  assert.deepEqual(
    asked.filter(({ sources }) => !sources).map(({ low }) => low),
    [8, 16, 32, 64],
  );
  for (const { low, sources } of asked) if (low > 16 && sources) assert.ok(sources.length <= 2);
  assert.ok(asked.length <= 64);
});
