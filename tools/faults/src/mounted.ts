import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export type Mounted = AsyncDisposable & {
  readonly path: string;
  /** Starts a program where the mount is seen: to be put before its name. */
  readonly before: readonly string[];
};

/**
 * Mounts a file system in a mount namespace of its own, which nobody else sees and which is gone with the last process in
 * it, whatever happens to this one. `args` are those of mount(8).
 */
export async function mountPrivately(path: string, args: readonly string[]): Promise<Mounted> {
  await mkdir(path);
  const script = 'path=$1; shift; mount "$@" "$path" && echo mounted && exec cat';
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(holder, 'close');
  const { value } = await createInterface({ input: holder.stdout })[Symbol.asyncIterator]().next();
  if (value !== 'mounted') throw new Error(`mount ${args.join(' ')} failed`);
  return {
    path,
    before: ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`],
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await closed;
    },
  };
}
