import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { startWatchedLab } from './watched-lab.ts';

const BENCH = fileURLToPath(new URL('../../../bench', import.meta.url));

/** How long a process is stopped, in milliseconds; the aggregator tells of a silent agent after 30 s. */
const STOPPED_MS = 30_000;
const QUICK_STOPPED_MS = 1500;

/** Silent connections while it is stopped, for so many milliseconds: some 50,000 records a second, and the ring has room for 65,536. */
const FLOOD_MS = 4000;
const QUICK_FLOOD_MS = 100;

/**
 * A whole agent is stopped under load, and then its aggregator (SIGSTOP, SIGCONT), each for 30 s. While the agent is, the kernel
 * goes on: a scan goes into the ring, then a flood, for which it has no room. What it had no room for is counted to the last record, and
 * the scan is one detection.
 */
export async function stopProcesses({ quick, say }: ScenarioOptions): Promise<Outcome> {
  const rounds = quick ? 1 : 2;
  const stoppedMs = quick ? QUICK_STOPPED_MS : STOPPED_MS;
  await using temporary = await makeTemporaryDirectory();
  await using flood = await startFlood();
  await using lab = await startWatchedLab({
    directory: temporary.path,
    scans: 3 * rounds,
    netns: [`/proc/${flood.pid}/ns/net`],
  });

  async function stopped(pid: number, meanwhile: () => Promise<void>): Promise<void> {
    process.kill(pid, 'SIGSTOP');
    try {
      await Promise.all([delay(stoppedMs), meanwhile()]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  for (let round = 1; round <= rounds; round++) {
    await lab.scan();
    await stopped(lab.agent.child.pid!, async () => {
      await lab.scan();
      await flood.run(quick ? QUICK_FLOOD_MS : FLOOD_MS);
    });
    await lab.detected();
    say(`the agent was stopped ${round} of ${rounds} times`);
    await stopped(lab.aggregator.pid, () => lab.scan());
    await lab.detected();
    say(`the aggregator was stopped ${round} of ${rounds} times`);
  }
  const outcome = await lab.finish(2 * rounds);
  if (!quick && outcome.kernelDrops === 0) throw new Error('the ring never was full');
  return outcome;
}

/** The traffic generator of the benchmarks, in a network namespace of its own. */
async function startFlood() {
  await promisify(execFile)('make', ['-s', '-C', BENCH, 'build/churn']);
  const child = spawn(`${BENCH}/build/churn`, ['1'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const run = async (ms: number) => {
    child.stdin.write(`silent ${ms}\n`);
    if ((await answers.next()).done) throw new Error('the flood has ended');
  };
  // Its namespace is there once it has answered.
  await run(1);
  return {
    pid: child.pid!,
    run,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
