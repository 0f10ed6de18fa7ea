import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const faults = (...args: readonly string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

test('an unknown scenario and unknown options are told all at once, with exit code 2', () => {
  const { status, stdout, stderr } = faults('spool-kil', '--jsn', '--seed', 'x');
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^BAD_USAGE: spool-kil: unknown, the scenarios are spool-kill, .*\n--jsn: unknown.*\n--seed: must be.*\n$/,
  );
});

test('one scenario is one JSON object, with the seed that plays it again', () => {
  const { status, stdout } = faults('--json', '--quick', '--seed', '7', 'spool-file-size-limit');
  assert.equal(status, 0);
  const { seed, scenarios } = JSON.parse(stdout);
  assert.equal(seed, 7);
  assert.equal(scenarios.length, 1);
  const { scenario, lost, duplicated, unexplainedGaps, ok } = scenarios[0];
  assert.deepEqual([scenario, lost, duplicated, unexplainedGaps, ok], ['spool-file-size-limit', 0, 0, 0, true]);
});
