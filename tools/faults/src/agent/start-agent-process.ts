import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Health } from '@connscan/wire';

const MAIN = fileURLToPath(new URL('../../../../packages/agent/src/main.ts', import.meta.url));

export type AgentProcess = {
  readonly child: ChildProcess;
  /** The clock of its host, as it sees it. */
  clockMs(): Promise<number>;
  /** SIGTERM; its last counters, which are exact. */
  stop(): Promise<Health>;
};

export type AgentProcessOptions = {
  /** Its data directory. */
  readonly data: string;
  /** More arguments of `connscan-agent run`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** Runs a command of `connscan-agent` to its end. */
export async function runAgent(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [MAIN, ...args]);
}

/** A whole agent, with the real probe; resolves when it sees. */
export async function startAgentProcess({ data, args, env = {} }: AgentProcessOptions): Promise<AgentProcess> {
  const child = spawn(process.execPath, [MAIN, 'run', '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: child.stdout });
  const closed = Promise.all([once(child, 'close'), once(lines, 'close')]);
  const watching = Promise.withResolvers<void>();
  let last: Health | undefined;
  lines.on('line', (line) => {
    const said = JSON.parse(line) as { msg: string } & Health;
    if (said.msg === 'watching') watching.resolve();
    if (said.msg === 'stopped') last = said;
  });
  const early = closed.then(() => {
    throw new Error('the agent ended before it was watching');
  });
  early.catch(() => {});
  await Promise.race([watching.promise, early]);
  return {
    child,
    async clockMs() {
      // It ends with 1 where something is wrong, as a clock may be.
      const status = spawn(process.execPath, [MAIN, 'status', '--data', data, '--json'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return (JSON.parse(await text(status.stdout)) as { atMs: number }).atMs;
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
      if (!last) throw new Error('the agent ended without its last counters');
      return last;
    },
  };
}
