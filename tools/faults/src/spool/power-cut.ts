import { execFile } from 'node:child_process';
import { constants, copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { mountPrivately } from '../mounted.ts';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { startSpoolChild } from './start-spool-child.ts';
import { createTally } from './tally.ts';

const IMAGE_BYTES = 48 * 2 ** 20;

const run = promisify(execFile);

/**
 * The writer is stopped, and the image of its file system copied as it is: what the kernel had only in memory is not in the
 * copy, as after a power cut. The copy is mounted, and all of it delivered.
 */
export async function cutPower({ quick, random, say }: ScenarioOptions): Promise<Outcome> {
  await using temporary = await makeTemporaryDirectory();
  const image = join(temporary.path, 'image');
  await using file = await open(image, 'w');
  await file.truncate(IMAGE_BYTES);
  await run('mkfs.ext4', ['-q', image]);
  await using disk = await mountPrivately(join(temporary.path, 'disk'), ['-o', 'loop', image]);
  const tally = createTally();
  const common = { maxBytes: 8 * 2 ** 20, from: 0 };
  const child = startSpoolChild({
    ...common,
    directory: join(disk.path, 'spool'),
    before: disk.before,
    appends: true,
    tally,
  });
  await child.opened();
  const points = quick ? 2 : 100;
  let sums = { ...tally.outcome(0), delivered: 0 };
  try {
    for (let point = 1; point <= points; point++) {
      child.acknowledge(random(2) === 0);
      await child.lines(1);
      await delay(random(150));
      const goOn = await child.freeze();
      const copy = join(temporary.path, `copy-${point}`);
      const mountPoint = join(temporary.path, `after-${point}`);
      await copyFile(image, copy, constants.COPYFILE_FICLONE);
      const known = tally.copy();
      goOn();
      await using after = await mountPrivately(mountPoint, ['-o', 'loop', copy]);
      const directory = join(after.path, 'spool');
      await startSpoolChild({ ...common, directory, before: after.before, appends: false, tally: known }).finish();
      await rm(copy);
      const found = known.outcome(point);
      sums = {
        ...found,
        lost: sums.lost + found.lost,
        duplicated: sums.duplicated + found.duplicated,
        unexplainedGaps: sums.unexplainedGaps + found.unexplainedGaps,
      };
      if (point % 10 === 0) say(`${point} of ${points} power cuts`);
    }
  } finally {
    await child.kill();
  }
  return sums;
}
