import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { startWatchedLab } from './watched-lab.ts';

/** Where the wall clock of the agent's host is, against the true time: in seconds, an hour back and days and a year away. */
const JUMPS = ['-3600', '+86400', '-31536000', '+31536000', '+0'] as const;
const QUICK_JUMPS = JUMPS.slice(0, 2);

/** Debian's libfaketime, of any architecture. */
const LIBRARY = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/**
 * The wall clock of a whole agent jumps as it runs, by libfaketime: that of the machine is left alone, and so are the kernel's
 * times since boot, by which connections are told apart. A scan before and after each jump is one detection all the same.
 */
export async function jumpClock({ quick, say }: ScenarioOptions): Promise<Outcome> {
  const [library] = globSync(LIBRARY);
  if (!library) throw new Error('libfaketime is missing: tools/setup installs it');
  await using temporary = await makeTemporaryDirectory();
  const jumps = quick ? QUICK_JUMPS : JUMPS;
  const file = join(temporary.path, 'faketime');
  const jump = async (seconds: string) => {
    await writeFile(`${file}-next`, `${seconds}\n`);
    await rename(`${file}-next`, file);
  };
  await jump('+0');
  await using lab = await startWatchedLab({
    directory: temporary.path,
    scans: jumps.length + 1,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });
  await lab.scan();
  await lab.detected();
  for (const seconds of jumps) {
    await jump(seconds);
    await lab.scan();
    await lab.detected();
    say(`the clock is at ${seconds} s`);
  }
  return await lab.finish(jumps.length);
}
