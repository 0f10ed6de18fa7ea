import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeSightings, MAX_BATCH_ROWS } from '@connscan/wire';
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

let seq = 0;

before(async () => {
  aggregator = await startTestAggregator();
  await tell('a slow scan');
});

/** An agent tells of all of a history. */
async function tell(history: string): Promise<void> {
  const session = aggregator.session();
  session.send({ hello: helloOf(AGENT_ID) });
  const sightings = HISTORIES[history]!().map(({ sensor: _sensor, ...sighting }) => sighting);
  for (let from = 0; from < sightings.length; from += MAX_BATCH_ROWS) {
    const payload = encodeSightings(sightings.slice(from, from + MAX_BATCH_ROWS));
    session.send({ batch: { seq: ++seq, kind: 'SIGHTINGS', payload } });
    await session.next();
  }
}

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

test('a suggestion is a what-if whose candidate is found, and its document is one of setPolicy', async () => {
  const { data } = await aggregator.query(
    `mutation ($input: SuggestionInput!) {
      startSuggestion(input: $input) { ... on WhatIf { id changes { path } } ... on UserError { message } }
    }`,
    { input: { ...RANGE, detectionsPerWeek: 0 } },
  );
  const { id, changes } = data.startSuggestion;
  assert.deepEqual(changes, []);
  const events = await readEvents(aggregator, `subscription { whatIfProgress(id: "${id}") { state problem } }`);
  while ((await events.next()).data.whatIfProgress.state !== 'DONE');
  await events.close();
  const { data: done } = await aggregator.query(`{ whatIf(id: "${id}") { changes { path after } result {
    suggestion {
      detectionsPerWeek historySeconds document
      models { present { low medium high } suggested { low medium high } reached presentPerWeek suggestedPerWeek otherRulesPerWeek }
    }
  } } }`);
  const { document, historySeconds, models, ...asked } = done.whatIf.result.suggestion;
  assert.deepEqual(asked, { detectionsPerWeek: 0 });
  assert.equal(historySeconds, (2 * DAY_MS) / 1000);
  const suggested = { low: 64, medium: 160, high: 640 };
  assert.deepEqual(models, [
    {
      ...{ present: { low: 10, medium: 25, high: 100 }, suggested, reached: false },
      // A slow scan is one whatever the threshold.
      ...{ presentPerWeek: 3.5, suggestedPerWeek: 3.5, otherRulesPerWeek: 3.5 },
    },
  ]);
  assert.deepEqual(
    done.whatIf.changes.map(({ after }: { after: string }) => after),
    ['64', '160', '640'],
  );
  const { data: set } = await aggregator.query(
    'mutation ($document: String!) { setPolicy(document: $document, name: "quiet", draft: true, reason: "x") { ... on Policy { document } } }',
    { document },
  );
  assert.deepEqual(JSON.parse(set.setPolicy.document), {
    models: { connscan_internal_internal: { thresholds: suggested } },
  });
});

test('a suggestion of what makes no sense is refused', async () => {
  const messageOf = async (input: object) => {
    const mutation =
      'mutation ($input: SuggestionInput!) { startSuggestion(input: $input) { ... on UserError { message } } }';
    return (await aggregator.query(mutation, { input })).data.startSuggestion.message;
  };
  assert.match(await messageOf({ detectionsPerWeek: -1 }), /^input.detectionsPerWeek: must be from 0 to 100000/);
  const backwards = { since: RANGE.until, until: RANGE.since };
  assert.match(await messageOf({ detectionsPerWeek: 1, ...backwards }), /^input.since: must be before until/);
});

test('one that is cancelled ends, and the next one runs', async () => {
  // With these it takes seconds: from one service on there is no time at which thresholds do not matter.
  await tell('a day of a fleet');
  const long = { ...slow(20), curve: Array.from({ length: 20 }, (_, n) => n + 1) };
  const [first, second, third] = [await start(long), await start(slow(20)), await start(slow(20))];
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
