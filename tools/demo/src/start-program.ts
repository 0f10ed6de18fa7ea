import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** One of this project's programs, running. */
export type RunningProgram = {
  readonly process: ChildProcess;
  /** The fields of the log line that told it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** SIGTERM; resolves to the exit code when it has ended. */
  stop(): Promise<number | null>;
};

const ENTRIES = {
  'connscan-agent': fileURLToPath(import.meta.resolve('../../../packages/agent/src/main.ts')),
  'connscan-aggregator': fileURLToPath(import.meta.resolve('../../../packages/aggregator/src/main.ts')),
};

/**
 * Starts a program and waits for the log line with the message `readyMessage`. Throws with all it said if it ends before.
 * It has its own process group, so that Ctrl-C reaches only the one who stops it in good order.
 */
export async function startProgram(
  program: keyof typeof ENTRIES,
  args: readonly string[],
  readyMessage: string,
): Promise<RunningProgram> {
  const child = spawn(process.execPath, [ENTRIES[program], ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const said: string[] = [];
  child.stderr.on('data', (data) => said.push(String(data)));
  const ready = new Promise<Record<string, unknown>>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (said.push(`${line}\n`) > 200) said.shift();
      if (line.includes(`"msg":${JSON.stringify(readyMessage)}`)) resolve(JSON.parse(line));
    });
  });
  const early = exit.then(([code]) => {
    throw new Error(`${program} ended with ${code}: ${said.join('')}`);
  });
  early.catch(() => {});
  return {
    process: child,
    ready: await Promise.race([ready, early]),
    async stop() {
      child.kill('SIGTERM');
      return (await exit)[0];
    },
  };
}
