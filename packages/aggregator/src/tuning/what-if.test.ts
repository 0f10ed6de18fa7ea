import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_POLICY, policySchema } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { HISTORIES } from '../../test/histories.ts';
import { keepHistory, replayRows, runToEnd } from '../../test/replay-history.ts';
import { START_MS } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { compareDetections } from './compare-detections.ts';
import { createWhatIfs, type WhatIf, type WhatIfOptions, type WhatIfs } from './create-what-ifs.ts';
import { withLow } from './what-if-curve.ts';
import type { ReplayedDetection } from './what-if-task.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Math.floor(START_MS / HOUR_MS) * HOUR_MS;
const RANGE = { sinceMs: FROM_MS, untilMs: FROM_MS + 2 * DAY_MS, labels: {} };
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

async function run(options: WhatIfOptions, by = whatIfs): Promise<WhatIf> {
  const whatIf = await runToEnd(by, options);
  assert.equal(whatIf.state, 'DONE', whatIf.problem);
  return whatIf;
}

/** Each detection with everything that a what-if tells of it. */
function told(detections: readonly ReplayedDetection[]): string[] {
  return detections
    .map((one) =>
      JSON.stringify([
        ...[one.model, one.source, one.sourcePrefixBits, one.severity, one.confidence, one.rule, one.startedMs],
        ...[
          one.endedMs,
          one.distinctServices,
          one.distinctHosts,
          one.distinctPorts,
          one.failedServices,
          one.slowServices,
        ],
      ]),
    )
    .sort();
}

for (const [name, history] of Object.entries(HISTORIES)) {
  test(`${name}: a what-if finds what a replay finds, detection by detection, and at each threshold of its curve`, async () => {
    const sightings = history();
    const rows = await keepHistory(store.db, sightings);
    const present = DEFAULT_POLICY;
    const candidate = withLow(DEFAULT_POLICY, 17);
    const { result } = await run({ ...RANGE, present, candidate });
    const [before, after] = [replayRows(rows, present), replayRows(rows, candidate)];
    assert.ok(before.length > 0);
    const expected = compareDetections(before, after);
    assert.deepEqual(told(result!.gained), told(expected.gained));
    assert.deepEqual(told(result!.lost), told(expected.lost));
    assert.deepEqual(result!.sources, expected.sources);
    assert.deepEqual([result!.presentTotal, result!.candidateTotal], [before.length, after.length]);
    assert.deepEqual([result!.sightings, result!.evicted], [sightings.length, 0]);
    const [model] = result!.models;
    assert.ok(model!.curve.length > 8);
    for (const { low, counts, confirmed } of model!.curve) {
      const found = replayRows(rows, withLow(candidate, low));
      const count = (severity: string) => found.filter((one) => one.severity === severity).length;
      assert.deepEqual(counts, { low: count('low'), medium: count('medium'), high: count('high') }, `at ${low}`);
      assert.equal(confirmed, found.filter((one) => one.confidence === 'confirmed').length);
    }
    // Against nothing, everything is gained: so each detection is compared.
    const everything = await run({
      ...RANGE,
      present: policySchema.parse({ exceptions: [{ name: 'all', ports: [22, 445, 443, 3306, 23, 24] }] }),
      candidate,
    });
    assert.deepEqual(told(everything.result!.gained), told(after));
  });
}

test('a history that is too long for the memory is replayed in rounds, with the same result', async () => {
  const sightings = HISTORIES['a day of a fleet']!();
  await keepHistory(store.db, sightings);
  const options = { ...RANGE, present: DEFAULT_POLICY, candidate: withLow(DEFAULT_POLICY, 17) };
  const inRounds = createWhatIfs({ ...store, log, mostRows: Math.ceil(sightings.length / 4) });
  try {
    const [whole, rounds] = [await run(options), await run(options, inRounds)];
    assert.deepEqual(rounds.result, whole.result);
    // What is suggested is found by replays of the few sources that are left, which are read anew each time.
    const suggest = { ...options, candidate: DEFAULT_POLICY, suggest: { detectionsPerWeek: 20 } };
    assert.deepEqual((await run(suggest, inRounds)).result, (await run(suggest)).result);
  } finally {
    await inRounds.stop();
  }
});
