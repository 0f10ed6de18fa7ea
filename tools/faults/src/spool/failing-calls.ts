import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { IDS_PER_LIFE } from './kill.ts';
import { startSpoolChild } from './start-spool-child.ts';
import { createTally } from './tally.ts';

/**
 * What strace makes of the calls: `when` is the first one that fails and the distance to the next. Only calls that Node does
 * not make for itself as it starts; those that read are failed by the simulator of packages/agent/test/spool.
 */
const INJECTIONS = [
  'fdatasync:error=EIO:when=3+7',
  'fdatasync:error=ENOSPC:when=9+11',
  'pwrite64:error=ENOSPC:when=5+6',
  'pwrite64:error=EIO:when=4+9',
  'pwrite64:error=EDQUOT:when=20+2',
  'pwrite64:error=EROFS:when=6+3',
  'fsync:error=EIO:when=2+3',
  'unlink:error=EIO:when=1+2',
] as const;

/** Of so many injections one is played in a quick run. */
const QUICK_STEP = 3;

/** A life ends after so many failed calls, or so many milliseconds. */
const FAILURES = 4;
const LONGEST_LIFE_MS = 5000;

/** Errors of the kernel, by strace -e inject, in the calls that a spool makes. */
export async function failCalls({ quick, say }: ScenarioOptions): Promise<Outcome> {
  await using temporary = await makeTemporaryDirectory();
  const tally = createTally();
  const log = join(temporary.path, 'strace');
  const common = { directory: join(temporary.path, 'spool'), maxBytes: 16 * 2 ** 20, tally };
  let points = 0;
  for (let round = 0; round < (quick ? 1 : 20); round++) {
    for (const [index, injection] of INJECTIONS.entries()) {
      if (quick && index % QUICK_STEP > 0) continue;
      const [call] = injection.split(':');
      // With -D the child is node, and strace ends with it.
      const before = [
        'strace',
        '-D',
        '-f',
        '--seccomp-bpf',
        '-qq',
        '-o',
        log,
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${injection}`,
      ];
      const from = (round * INJECTIONS.length + index + 1) * IDS_PER_LIFE;
      const child = startSpoolChild({ ...common, before, from, appends: true });
      child.acknowledge(call === 'unlink');
      await child.opened();
      let failed = 0;
      for (const endMs = Date.now() + LONGEST_LIFE_MS; failed < (quick ? 1 : FAILURES) && Date.now() < endMs; ) {
        await delay(20);
        failed = (await readFile(log, 'utf8')).split('(INJECTED)').length - 1;
      }
      await child.kill();
      points += failed;
    }
    say(`${points} calls have failed`);
  }
  await startSpoolChild({ ...common, from: 0, appends: false }).finish();
  return tally.outcome(points);
}
