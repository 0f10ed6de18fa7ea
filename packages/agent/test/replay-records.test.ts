import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('ten million records go from the ring through the detector without an object per record, and the heap does not grow', () => {
  const program = fileURLToPath(new URL('./replay-records.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--expose-gc', program], { encoding: 'utf8' });
  const { collections, allocatedBytes, grownBytes, observed, services } = JSON.parse(output);
  assert.ok(observed >= 10_000_000);
  assert.equal(services, 16_000);
  // The least object is 16 bytes, so one for each record would be 160 MB and many collections.
  assert.ok(collections <= 2, `${collections} collections`);
  assert.ok(allocatedBytes < 16_000_000, `${allocatedBytes} bytes allocated`);
  assert.ok(grownBytes < 1_000_000, `${grownBytes} bytes kept`);
});
