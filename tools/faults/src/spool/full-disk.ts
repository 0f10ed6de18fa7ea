import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mountPrivately } from '../mounted.ts';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { IDS_PER_LIFE } from './kill.ts';
import { type SpoolChild, startSpoolChild } from './start-spool-child.ts';
import { createTally } from './tally.ts';

/** Until the disk takes batches again, after there is room, in milliseconds. */
const RECOVERY_MS = 5000;

/** A tmpfs of 1 MiB that fills while nobody acknowledges, is emptied by acknowledgements, and fills again; a kill while it is full. */
export async function fillDisk({ quick, random, say }: ScenarioOptions): Promise<Outcome> {
  await using temporary = await makeTemporaryDirectory();
  await using disk = await mountPrivately(join(temporary.path, 'disk'), ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs']);
  const tally = createTally();
  const rounds = quick ? 1 : 40;
  const bounds = { maxBytes: 64 * 2 ** 20, maxMemoryBytes: 2 ** 20 };
  const common = { directory: join(disk.path, 'spool'), before: disk.before, tally, ...bounds };
  for (let round = 1; round <= rounds; round++) {
    const child = startSpoolChild({ ...common, from: round * IDS_PER_LIFE, appends: true });
    child.acknowledge(false);
    await child.opened();
    await untilDurable(child, false);
    await delay(random(100));
    if (random(2) === 0) {
      await child.kill();
    } else {
      child.send('hold');
      await child.kill();
      const drained = startSpoolChild({ ...common, from: (round + 0.5) * IDS_PER_LIFE, appends: false });
      await drained.opened();
      await untilDurable(drained, true);
      await drained.finish();
    }
    say(`filled ${round} of ${rounds} times`);
  }
  await startSpoolChild({ ...common, from: 0, appends: false }).finish();
  return tally.outcome(rounds);
}

/** Throws if it does not become so in time. */
async function untilDurable(child: SpoolChild, durable: boolean): Promise<void> {
  for (const endMs = Date.now() + RECOVERY_MS; (await child.health()).durable !== durable; await delay(20)) {
    if (Date.now() > endMs) throw new Error(`the spool did not become ${durable ? 'durable' : 'full'} in time`);
  }
}
