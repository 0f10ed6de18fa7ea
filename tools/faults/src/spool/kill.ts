import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { startSpoolChild } from './start-spool-child.ts';
import { createTally } from './tally.ts';

/** Ids of one life are below this number. */
export const IDS_PER_LIFE = 1_000_000;

/** A life is killed so many milliseconds after its spool was opened at most; some before. */
const LONGEST_LIFE_MS = 80;

/** One life of so many does not acknowledge, so that a backlog grows and segments fill. */
const BUSY_ONE_IN = 3;

/** `kill -9` at random points, also of the start; a few megabytes of room, so that the full spool is played too. */
export async function killSpool({ quick, random, say }: ScenarioOptions): Promise<Outcome> {
  await using temporary = await makeTemporaryDirectory();
  const tally = createTally();
  const points = quick ? 4 : 1000;
  const common = { directory: join(temporary.path, 'spool'), maxBytes: 4 * 2 ** 20, tally };
  for (let point = 1; point <= points; point++) {
    const child = startSpoolChild({ ...common, from: point * IDS_PER_LIFE, appends: true });
    child.acknowledge(random(BUSY_ONE_IN) > 0);
    await child.opened();
    await delay(random(LONGEST_LIFE_MS));
    await child.kill();
    if (point % 50 === 0) say(`${point} of ${points} kills`);
  }
  await startSpoolChild({ ...common, from: 0, appends: false }).finish();
  return tally.outcome(points);
}
