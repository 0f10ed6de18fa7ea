import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Tests that passed, and tests that did not, for whatever reason. */
export type Totals = { passed: number; failed: number };

/**
 * Adds up what `connscan-test` left in every package below `root`. A package whose tests never came to an end left
 * nothing, and counts as one that failed.
 */
export function readTotals(root: string): Totals {
  const sum: Totals = { passed: 0, failed: 0 };
  for (const manifest of globSync('{packages,tools}/*/package.json', { cwd: root })) {
    const file = `${root}/${dirname(manifest)}/.test/totals.json`;
    const { passed, failed } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Totals) : NOT_ENDED;
    sum.passed += passed;
    sum.failed += failed;
  }
  return sum;
}

const NOT_ENDED: Totals = { passed: 0, failed: 1 };
