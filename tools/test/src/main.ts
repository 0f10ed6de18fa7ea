/** `npm test`: every check of every package; the last line counts them. */
import { spawnSync } from 'node:child_process';
import { glob, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readTotals } from './totals.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Each counts as one, whatever the number of packages. */
const CHECKS = [
  ['nx', 'run-many', '--target=typecheck', '--parallel=2'],
  ['nx', 'run-many', '--target=lint', '--parallel=2'],
  ['knip', '--no-config-hints'],
];
const TESTS = ['nx', 'run-many', '--target=test', '--parallel=1', '--output-style=static'];

function succeeds([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

for await (const file of glob('{packages,tools}/*/.test', { cwd: root }))
  await rm(`${root}/${file}`, { recursive: true });
const failedChecks = CHECKS.filter((check) => !succeeds(check));
succeeds(TESTS);
const totals = readTotals(root);

for (const check of failedChecks) console.log(`failed: ${check.join(' ')}`);
const failed = totals.failed + failedChecks.length;
console.log(`${totals.passed + CHECKS.length - failedChecks.length} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
