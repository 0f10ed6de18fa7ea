import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of native/ that answers each line with a line of numbers. */
export type Native = AsyncDisposable & {
  readonly pid: number;
  /** One question at a time. Throws if the program ends instead of answering. */
  ask(line: string): Promise<number[]>;
};

export type NativeName = 'churn' | 'ring-write' | 'ring-read' | 'bpf-stats' | 'detector' | 'sync-write';

/** Starts one; `fds` are its file descriptors from 3 on. It ends when it is disposed of. */
export function startNative(name: NativeName, args: readonly string[] = [], fds: readonly number[] = []): Native {
  const file = fileURLToPath(new URL(`../build/${name}`, import.meta.url));
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit', ...fds] });
  const input = child.stdin!;
  // A program that has ended is told by `ended`, not by a broken pipe.
  input.on('error', () => {});
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended with ${code ?? signal}`);
  });
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();

  return {
    pid: child.pid!,
    async ask(line) {
      input.write(`${line}\n`);
      const answer = await lines.next();
      return answer.done ? ended : answer.value.split(' ').map(Number);
    },
    async [Symbol.asyncDispose]() {
      input.end();
      await ended.catch(() => {});
    },
  };
}
