import { glob, readFile } from 'node:fs/promises';

/** Tests that passed, and tests that did not, for whatever reason. */
export type Totals = { passed: number; failed: number };

/** Adds up what `connscan-test` left in every package below `root`. */
export async function readTotals(root: string): Promise<Totals> {
  const sum: Totals = { passed: 0, failed: 0 };
  for await (const file of glob('{packages,tools}/*/.test/totals.json', { cwd: root })) {
    const { passed, failed } = JSON.parse(await readFile(`${root}/${file}`, 'utf8')) as Totals;
    sum.passed += passed;
    sum.failed += failed;
  }
  return sum;
}
