import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A program of this project as it is released, running. */
export type PackedProcess = AsyncDisposable & {
  readonly pid: number;
  /** The fields of the log line that told it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
};

/**
 * Starts the program of a folder that `packProgram` made, and waits for the log line `readyMessage`. Throws with what it said
 * if it ends before. It is stopped by SIGTERM when it is disposed of.
 */
export async function startPacked(
  folder: string,
  program: string,
  args: readonly string[],
  readyMessage: string,
): Promise<PackedProcess> {
  const child = spawn(process.execPath, [join(folder, `${program}.js`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  const said: string[] = [];
  child.stderr.on('data', (data) => said.push(String(data)));
  const ready = await Promise.race([readyLine(child, readyMessage, said), exit.then(() => undefined)]);
  if (!ready) throw new Error(`${program} ended: ${said.join('')}`);
  return {
    pid: child.pid!,
    ready,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

function readyLine(child: ChildProcess, message: string, said: string[]): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (said.push(`${line}\n`) > 100) said.shift();
      if (line.includes(`"msg":${JSON.stringify(message)}`)) resolve(JSON.parse(line));
    });
  });
}
