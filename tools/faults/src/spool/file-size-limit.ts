import { join } from 'node:path';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { IDS_PER_LIFE } from './kill.ts';
import { startSpoolChild } from './start-spool-child.ts';
import { createTally } from './tally.ts';

/** The largest file that the kernel lets the child have: the write across is cut short, the next one fails with EFBIG. */
const LIMIT_BYTES = 2 ** 18;

/** `ulimit -f`: each segment ends at the limit, in the midst of a write. */
export async function limitFileSize({ quick, say }: ScenarioOptions): Promise<Outcome> {
  await using temporary = await makeTemporaryDirectory();
  const tally = createTally();
  const lives = quick ? 1 : 50;
  const common = { directory: join(temporary.path, 'spool'), before: ['prlimit', `--fsize=${LIMIT_BYTES}`], tally };
  let points = 0;
  for (let life = 1; life <= lives; life++) {
    const child = startSpoolChild({ ...common, from: life * IDS_PER_LIFE, appends: true });
    await child.opened();
    await child.lines(400);
    points += (await child.health()).diskErrors;
    await child.kill();
    if (life % 10 === 0) say(`${life} of ${lives} lives`);
  }
  await startSpoolChild({ ...common, from: 0, appends: false }).finish();
  return tally.outcome(points);
}
