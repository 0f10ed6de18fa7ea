import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_POLICY, HIGHEST_LOW } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { parse } from 'yaml';
import { HISTORIES } from '../../test/histories.ts';
import { keepHistory, replayRows, runToEnd } from '../../test/replay-history.ts';
import { START_MS } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { createWhatIfs, type WhatIfs } from './create-what-ifs.ts';
import { withLow } from './what-if-curve.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Math.floor(START_MS / HOUR_MS) * HOUR_MS;
const MODEL = 'connscan_internal_internal';
const present = DEFAULT_POLICY;
const log = createLogger('test');
log.level = 'silent';

let store: Awaited<ReturnType<typeof openTestStore>>;
let whatIfs: WhatIfs;

before(async () => {
  store = await openTestStore();
  whatIfs = createWhatIfs({ ...store, log });
});

after(async () => {
  await whatIfs.stop();
  await store.close();
});

/** Of a history of two days; what was asked for a week is then 3.5 times of what is allowed. */
async function suggest(allowed: number, untilMs = FROM_MS + 2 * DAY_MS) {
  const suggestion = { detectionsPerWeek: Math.ceil(allowed * 3.5) };
  const range = { sinceMs: FROM_MS - 5 * DAY_MS, untilMs, labels: {} };
  return runToEnd(whatIfs, { ...range, present, candidate: present, suggest: suggestion });
}

for (const [name, history] of Object.entries(HISTORIES)) {
  test(`${name}: the thresholds suggested are the least that keep to what is allowed, and detect what a replay with them does`, async () => {
    const rows = await keepHistory(store.db, history());
    const counts = new Map<number, number>();
    const countAt = (low: number) => {
      if (!counts.has(low)) counts.set(low, replayRows(rows, withLow(present, low)).length);
      return counts.get(low)!;
    };
    // As many as some thresholds have, and none, which slow scans may be too many for.
    for (const allowed of [countAt(4), countAt(11), countAt(20), 0]) {
      const { state, result, candidate } = await suggest(allowed);
      assert.equal(state, 'DONE');
      const { historyMs, models, document } = result!.suggestion!;
      assert.equal(historyMs, 2 * DAY_MS);
      const [model, ...more] = models;
      assert.deepEqual(more, []);
      const { low } = model!.suggested;
      assert.equal(model!.reached, countAt(low) <= allowed);
      if (!model!.reached) assert.equal(low, HIGHEST_LOW);
      // Each one below it, or, of those that all have too many, some.
      const step = model!.reached ? 1 : 9;
      for (let lower = 3; lower < low; lower += step) assert.ok(countAt(lower) > allowed, `${lower} for ${allowed}`);
      assert.equal(model!.suggestedPerWeek, countAt(low) * 3.5);
      assert.equal(model!.presentPerWeek, countAt(present.models[MODEL].thresholds.low) * 3.5);
      const found = replayRows(rows, candidate);
      assert.equal(found.length, countAt(low));
      const others = found.filter(({ rule }) => rule === 'slow' || rule === 'corroborated');
      assert.equal(model!.otherRulesPerWeek, others.length * 3.5);
      assert.equal(result!.candidateTotal, found.length);
      assert.deepEqual(parse(document), { models: { [MODEL]: { thresholds: candidate.models[MODEL].thresholds } } });
    }
  });
}

test('a history of a part of the time asked for counts for as long as it is', async () => {
  await keepHistory(store.db, HISTORIES['a slow scan']!());
  const { result } = await suggest(1, FROM_MS + DAY_MS);
  assert.equal(result!.suggestion!.historyMs, DAY_MS);
  assert.equal(result!.suggestion!.models[0]!.presentPerWeek, 7);
});

test('from nothing, nothing is suggested', async () => {
  await keepHistory(store.db, []);
  const { state, problem } = await suggest(5);
  assert.deepEqual([state, problem], ['FAILED', 'there are no sightings then, from which thresholds could be told']);
});

test('a suggestion that is cancelled ends', async () => {
  await keepHistory(store.db, HISTORIES['a day of a fleet']!());
  const range = { sinceMs: FROM_MS, untilMs: FROM_MS + 2 * DAY_MS, labels: {} };
  const { id } = whatIfs.start({ ...range, present, candidate: present, suggest: { detectionsPerWeek: 1 } })!;
  for await (const { state, progress } of whatIfs.follow(id)!) {
    if (state === 'RUNNING' && progress > 0) whatIfs.cancel(id);
    assert.ok(state !== 'DONE');
  }
  assert.equal(whatIfs.find(id)!.state, 'CANCELLED');
});
