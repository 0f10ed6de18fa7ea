import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeSightings } from '@connscan/wire';
import { HISTORIES } from './histories.ts';
import { readEvents } from './read-events.ts';
import { AGENT_ID, helloOf, START_MS } from './rows.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

const DAY_MS = 86_400_000;
const RANGE = {
  since: new Date(START_MS).toISOString(),
  until: new Date(START_MS + 2 * DAY_MS).toISOString(),
};

let aggregator: TestAggregator;

before(async () => {
  aggregator = await startTestAggregator();
  const session = aggregator.session();
  session.send({ hello: helloOf(AGENT_ID) });
  const sightings = HISTORIES['a slow scan']!().map(({ sensor: _sensor, ...sighting }) => sighting);
  session.send({ batch: { seq: 1, kind: 'SIGHTINGS', payload: encodeSightings(sightings) } });
  await session.next();
});

after(() => aggregator.stop());

const START = `mutation ($input: WhatIfInput!) {
  startWhatIf(input: $input) { __typename ... on WhatIf { id state changes { path weakens } } ... on UserError { message } }
}`;

const start = async (input: object) =>
  (await aggregator.query(START, { input: { ...RANGE, ...input } })).data.startWhatIf;

const slow = (services: number) => ({
  document: `models: { connscan_internal_internal: { slow: { services: ${services}, periodSeconds: 86400 } } }`,
});

test('a what-if is followed until it is done, and says by source what is lost', async () => {
  const begun = await start({ ...slow(200), curve: [5, 20] });
  assert.deepEqual(begun.changes, [{ path: 'models.connscan_internal_internal.slow.services', weakens: true }]);
  const events = await readEvents(
    aggregator,
    `subscription { whatIfProgress(id: "${begun.id}") { state progress problem result {
      sightings evicted presentTotal candidateTotal gainedTotal lostTotal
      sources { source present candidate lost } lost { source severity rule startedAt }
      models { presentLow curve { low detections { total } } }
    } } }`,
  );
  let found: { state: string; progress: number; problem: string | null; result: never };
  do found = (await events.next()).data.whatIfProgress;
  while (!['DONE', 'FAILED'].includes(found.state));
  await events.close();
  assert.deepEqual([found.state, found.progress, found.problem], ['DONE', 1, null]);
  const { lost, ...result } = found.result as { lost: object[] };
  assert.deepEqual(result, {
    ...{ sightings: 165, evicted: 0, presentTotal: 1, candidateTotal: 0, gainedTotal: 0, lostTotal: 1 },
    sources: [{ source: '10.1.0.1', present: 1, candidate: 0, lost: 1 }],
    models: [{ presentLow: 10, curve: [5, 10, 20].map((low) => ({ low, detections: { total: 0 } })) }],
  });
  assert.equal(lost.length, 1);
});

test('one that is cancelled ends, and the next one runs', async () => {
  const [first, second, third] = [await start(slow(20)), await start(slow(20)), await start(slow(20))];
  const cancel = async (id: string) =>
    (
      await aggregator.query(
        `mutation { cancelWhatIf(id: "${id}") { ... on WhatIf { state } ... on UserError { message } } }`,
      )
    ).data.cancelWhatIf;
  assert.deepEqual(await cancel(first.id), { state: 'CANCELLED' });
  assert.deepEqual(await cancel(third.id), { state: 'CANCELLED' });
  assert.deepEqual(await cancel('none'), { message: 'there is no what-if none' });
  const state = async () => (await aggregator.query(`{ whatIf(id: "${second.id}") { state } }`)).data.whatIf.state;
  const events = await readEvents(aggregator, `subscription { whatIfProgress(id: "${second.id}") { state } }`);
  while ((await events.next()).data.whatIfProgress.state !== 'DONE');
  await events.close();
  assert.equal(await state(), 'DONE');
});

test('what cannot be tried is refused with what would be right', async () => {
  const message = async (input: object) => (await start(input)).message;
  assert.match(await message({}), /^input: must have document or version/);
  assert.match(await message({ document: 'models: 3' }), /^document: models:/);
  assert.match(await message({ version: 9 }), /no policy of version 9/);
  assert.match(await message({ ...slow(20), curve: [0] }), /^input.curve: must be from 1 to 1024/);
  assert.match(await message({ ...slow(20), until: RANGE.since }), /^input.since: must be before until/);
});
