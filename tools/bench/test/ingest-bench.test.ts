import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingestBench } from '../src/ingest-bench.ts';

test('ingest: each row that was acknowledged is in the store, on both stores', async () => {
  const results = await ingestBench({ rounds: 1, windowMs: 500, sessions: 3, say: () => {} });
  const values = new Map(results.map(({ name, value }) => [name, value]));
  for (const store of ['Postgres', 'Embedded']) {
    for (const name of ['rowsPerSecond', 'bareRowsPerSecond', 'vsBare'])
      assert.ok(values.get(`ingest.${name}${store}`)! > 0);
  }
});
