import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTotals } from './totals.ts';

test('the counts of all packages are added, and a package without counts failed', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'connscan-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, totals] of [
    ['packages/a', '{"passed":3,"failed":0}'],
    ['packages/b', '{"passed":2,"failed":4}'],
    ['tools/c', undefined],
  ] as const) {
    mkdirSync(join(root, name, '.test'), { recursive: true });
    writeFileSync(join(root, name, 'package.json'), '{}');
    if (totals) writeFileSync(join(root, name, '.test/totals.json'), totals);
  }
  assert.deepEqual(readTotals(root), { passed: 5, failed: 5 });
});
