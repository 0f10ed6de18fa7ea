import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createModelReplay, createSameVisit } from '@connscan/detector';
import { DEFAULT_POLICY, outcomeCode, type Policy, parseAddress, policySchema } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { sql } from 'kysely';
import { HISTORIES, type TestSighting } from '../../test/histories.ts';
import { AGENT_ID, OTHER_AGENT_ID, START_MS } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { saveSightings } from '../store/save-sightings.ts';
import { compareDetections } from './compare-detections.ts';
import { createWhatIfs, type WhatIf, type WhatIfOptions, type WhatIfs } from './create-what-ifs.ts';
import { withLow } from './what-if-curve.ts';
import type { ReplayedDetection } from './what-if-task.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Math.floor(START_MS / HOUR_MS) * HOUR_MS;
const RANGE = { sinceMs: FROM_MS, untilMs: FROM_MS + 2 * DAY_MS, labels: {} };
const AGENTS = [AGENT_ID, OTHER_AGENT_ID];
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

async function keep(sightings: readonly TestSighting[]): Promise<void> {
  await sql`truncate sightings, sighting_hours`.execute(store.db);
  // Not in the order of time, as what waited in a spool.
  const rows = [...sightings.slice(sightings.length / 2), ...sightings.slice(0, sightings.length / 2)];
  const told = AGENTS.map((agentId, sensor) => ({ agentId, sightings: rows.filter((row) => row.sensor === sensor) }));
  await store.db.transaction().execute((transaction) => saveSightings(transaction, told));
}

async function run(options: WhatIfOptions): Promise<WhatIf & { state: 'DONE' }> {
  const { id } = whatIfs.start(options)!;
  let latest: WhatIf | undefined;
  for await (const whatIf of whatIfs.follow(id)!) latest = whatIf;
  assert.equal(latest?.state, 'DONE', latest?.problem);
  return latest as WhatIf & { state: 'DONE' };
}

/** Rows as the engine takes them: addresses are read once, as that takes most of the time. */
function rowsOf(sightings: readonly TestSighting[]) {
  const bytes = new Map<string, Uint8Array>();
  for (const { source, destination } of sightings) {
    for (const address of [source, destination]) if (!bytes.has(address)) bytes.set(address, parseAddress(address)!);
  }
  return sightings.map(({ source, destination, port, outcome, lastSeenMs, sensor }) => {
    const words = new Int32Array(Uint8Array.from([...bytes.get(source)!, ...bytes.get(destination)!]).buffer);
    return { words, port, outcome: outcomeCode(outcome), atMs: lastSeenMs, sensor };
  });
}

/** What the engine of `connscan replay` finds in the same rows, in whole hours. */
function replay(rows: ReturnType<typeof rowsOf>, policy: Policy): ReplayedDetection[] {
  const detections: ReplayedDetection[] = [];
  const engine = createModelReplay({
    policy,
    key: [7, 9],
    onDetection: (detection) => void detections.push(detection),
  });
  const sameVisit = createSameVisit({ key: [7, 9] });
  engine.moveTo(Math.floor(rows[0]!.atMs / HOUR_MS) * HOUR_MS);
  for (const { words, port, outcome, atMs, sensor } of rows) {
    engine.moveTo(atMs);
    if (sameVisit.isRepeated(words, 0, 4, port, outcome, atMs, sensor)) continue;
    engine.observe(words, 0, 4, port, outcome, atMs);
  }
  engine.moveTo((Math.floor(rows.at(-1)!.atMs / HOUR_MS) + 1) * HOUR_MS);
  engine.end();
  return detections;
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
    await keep(sightings);
    const rows = rowsOf(sightings);
    const present = DEFAULT_POLICY;
    const candidate = withLow(DEFAULT_POLICY, 17);
    const { result } = await run({ ...RANGE, present, candidate });
    const [before, after] = [replay(rows, present), replay(rows, candidate)];
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
      const found = replay(rows, withLow(candidate, low));
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
