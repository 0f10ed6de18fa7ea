import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A child that has begun its program; it ends with `end` or at the end of its scope. */
export async function spawnChild(file: string, args: readonly string[] = [], cwd?: string) {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid!, stdout: child.stdout, end, [Symbol.asyncDispose]: end };
}
