import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const bench = (...args: readonly string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

test('an unknown benchmark and unknown options are told all at once, with exit code 2', () => {
  const { status, stdout, stderr } = bench('kernal', '--jsn', 'more');
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^BAD_USAGE: kernal: unknown, the benchmarks are kernel, ring, detector, spool, agent, latency, ingest, query\n--jsn: unknown.*\nmore: unknown.*\n$/,
  );
});

test('--help names the benchmarks', () => {
  const { status, stdout } = bench('--help');
  assert.equal(status, 0);
  assert.match(
    stdout.replace(/\s+/g, ' '),
    /kernel or ring or detector or spool or agent or latency or ingest or query/,
  );
});
