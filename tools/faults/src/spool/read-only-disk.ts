import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { mountPrivately } from '../mounted.ts';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { IDS_PER_LIFE } from './kill.ts';
import { type SpoolChild, startSpoolChild } from './start-spool-child.ts';
import { createTally } from './tally.ts';

/** Until the disk is used again, after it can be written, in milliseconds: the spool tries after 1, 2 and 4 s. */
const RECOVERY_MS = 10_000;

const run = promisify(execFile);

/** A spool that is opened on a read-only file system, which can be written later: it goes to it by itself, and is killed there. */
export async function startReadOnly({ quick, random, say }: ScenarioOptions): Promise<Outcome> {
  await using temporary = await makeTemporaryDirectory();
  await using disk = await mountPrivately(join(temporary.path, 'disk'), ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs']);
  const [command, ...args] = disk.before;
  const remount = (how: 'ro' | 'rw') => run(command!, [...args, 'mount', '-o', `remount,${how}`, disk.path]);
  const tally = createTally();
  const rounds = quick ? 2 : 40;
  const common = { directory: join(disk.path, 'spool'), before: disk.before, maxBytes: 16 * 2 ** 20, tally };
  const start = (life: number) => startSpoolChild({ ...common, from: life * IDS_PER_LIFE, appends: true });
  const first = start(rounds + 1);
  await first.opened();
  await first.lines(100);
  await first.kill();
  for (let round = 1; round <= rounds; round++) {
    await remount('ro');
    const child = start(round);
    await child.opened();
    await child.lines(100);
    await delay(random(1500));
    if ((await child.health()).durable) throw new Error('the spool is durable on a disk that cannot be written');
    await remount('rw');
    await untilDurable(child);
    await child.lines(100);
    await child.kill();
    say(`read-only ${round} of ${rounds} times`);
  }
  await startSpoolChild({ ...common, from: 0, appends: false }).finish();
  return tally.outcome(rounds);
}

async function untilDurable(child: SpoolChild): Promise<void> {
  for (const endMs = Date.now() + RECOVERY_MS; !(await child.health()).durable; await delay(20)) {
    if (Date.now() > endMs) throw new Error('the spool did not go back to its disk in time');
  }
}
