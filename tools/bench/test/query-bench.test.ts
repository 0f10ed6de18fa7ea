import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryBench } from '../src/query-bench.ts';

test('query: every question is answered, over a small history', async () => {
  const results = await queryBench({ sightings: 10_000, detections: 200, asked: 1, whatIfs: 1, say: () => {} });
  const values = new Map(results.map(({ name, value }) => [name, value]));
  for (const name of ['pageP50Ms', 'pageP99Ms', 'trendP50Ms', 'trendP99Ms', 'whatIf10MSeconds', 'whatIfVsCopy'])
    assert.ok(values.get(`query.${name}`)! > 0);
});
