import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

it('drains ten million records without an object per record', () => {
  const script = fileURLToPath(new URL('./replay.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--expose-gc', script], { encoding: 'utf8' });
  const { collections, heapGrowthBytes } = JSON.parse(output);
  // Nothing was collected, so the growth is all that was allocated: far below the least object for each record, 160 MB.
  assert.equal(collections, 0);
  assert.ok(heapGrowthBytes < 1_000_000, `${heapGrowthBytes} bytes`);
});
