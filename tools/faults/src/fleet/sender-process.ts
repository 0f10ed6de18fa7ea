import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SENDER = fileURLToPath(new URL('../../../../packages/agent/test/numbered-sender.ts', import.meta.url));

export type SenderProcess = {
  /** Numbers whose rows the spool has promised to keep. */
  readonly promised: ReadonlySet<number>;
  /** Resolves when it has kept its first rows: until then it is starting. */
  working(): Promise<void>;
  /** kill -9, and a new one on the same spool. */
  kill(): Promise<void>;
  /** Stopped for a while, and continued (SIGSTOP, SIGCONT). */
  freeze(ms: number): Promise<void>;
  /** No further rows; resolves with the exit code when all is acknowledged, 0, or it gave up. */
  finish(): Promise<number | null>;
};

/** Starts packages/agent/test/numbered-sender.ts. A number that was printed once is never used again. */
export function startSender(options: { directory: string; aggregator: string; agentId: string }): SenderProcess {
  const promised = new Set<number>();
  let next = 0;
  let running = start();

  function start() {
    const argument = JSON.stringify({ ...options, from: next });
    const child = spawn(process.execPath, [SENDER, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const { promise: working, resolve } = Promise.withResolvers<void>();
    lines.on('line', (line) => {
      const [first, last] = line.split(' ').map(Number);
      for (let number = first!; number <= last!; number++) promised.add(number);
      next = Math.max(next, last! + 1);
      resolve();
    });
    return { child, working, closed: Promise.all([once(child, 'close'), once(lines, 'close')]).finally(resolve) };
  }

  return {
    promised,
    working: () => running.working,
    async kill() {
      running.child.kill('SIGKILL');
      await running.closed;
      // Some numbers may have been used that were never promised.
      next += 10_000;
      running = start();
    },
    async freeze(ms) {
      running.child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      running.child.kill('SIGCONT');
    },
    async finish() {
      running.child.kill('SIGTERM');
      const [[code]] = await running.closed;
      return code as number | null;
    },
  };
}
