import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { startWatchedLab } from './watched-lab.ts';

/** Where the wall clock of the agent's host is, against the true time: in seconds, an hour back and days and a year away. */
const JUMPS = ['-3600', '+86400', '-31536000', '+31536000', '+0'] as const;
const QUICK_JUMPS = JUMPS.slice(0, 2);

/** A clock this close to where it was set is there, in milliseconds: no two of the jumps are as close. */
const NEAR_MS = 60_000;

/** The agent sees a jump within a second or two. */
const PATIENCE_MS = 30_000;

const POLL_MS = 100;

/** Debian's libfaketime, of any architecture. */
const LIBRARY = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/**
 * The wall clock of a whole agent jumps in the middle of a scan, by libfaketime: that of the machine is left alone, and so are the
 * kernel's times since boot, by which connections are told apart. Each scan is one detection all the same, of all its services.
 */
export async function jumpClock({ quick, say }: ScenarioOptions): Promise<Outcome> {
  const [library] = globSync(LIBRARY);
  if (!library) throw new Error('libfaketime is missing: tools/setup installs it');
  await using temporary = await makeTemporaryDirectory();
  const jumps = quick ? QUICK_JUMPS : JUMPS;
  const file = join(temporary.path, 'faketime');
  const set = async (seconds: string) => {
    await writeFile(`${file}-next`, `${seconds}\n`);
    await rename(`${file}-next`, file);
  };
  await set('+0');
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
  /** Resolves when the agent sees it, as the file is read once a second. Throws if it never does. */
  const jump = async (seconds: string) => {
    await set(seconds);
    for (const endMs = performance.now() + PATIENCE_MS; ; await delay(POLL_MS)) {
      const aheadMs = (await lab.agent.clockMs()) - Date.now();
      if (Math.abs(aheadMs - Number(seconds) * 1000) < NEAR_MS) return;
      if (performance.now() > endMs)
        throw new Error(`the agent's clock is ${aheadMs} ms ahead, and not at ${seconds} s`);
    }
  };
  await lab.scan();
  await lab.detected();
  for (const seconds of jumps) {
    await lab.scan(() => jump(seconds));
    await lab.detected();
    say(`the clock is at ${seconds} s`);
  }
  return await lab.finish(jumps.length);
}
