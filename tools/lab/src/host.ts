import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** One host of a lab: a network namespace with one interface. */
export type Host = {
  readonly netns: string;
  /** Inode of the namespace: `netns` in the probe's records. */
  readonly inode: number;
  readonly address: string;
  readonly address6: string;
  /**
   * Runs a command on this host to its end, at most `timeoutMs`, a minute if left out; returns its standard output, throws
   * if it fails. It is ended with the lab.
   */
  run(command: string, args: readonly string[], timeoutMs?: number): Promise<string>;
  /** Starts a command on this host; it is ended with the lab. */
  spawn(command: string, args: readonly string[]): ChildProcess;
  /** Serves each of `KIND:PORT` (see services.ts) on both address families; resolves when all of them listen. */
  serve(services: readonly string[]): Promise<void>;
};

const servicesProgram = fileURLToPath(new URL('./services.ts', import.meta.url));
const runFile = promisify(execFile);

/** A host in the namespace `netns`; `children` collects what it starts, for the lab to end. */
export function createHost(netns: string, number: number, children: Set<ChildProcess>): Host {
  const inside = (command: string, args: readonly string[]) => ['netns', 'exec', netns, command, ...args];

  function endWithLab(child: ChildProcess): void {
    children.add(child);
    child.once('exit', () => children.delete(child));
  }

  function spawnInside(command: string, args: readonly string[]): ChildProcess {
    const child = spawn('ip', inside(command, args), { stdio: ['pipe', 'pipe', 'inherit'] });
    endWithLab(child);
    return child;
  }

  return {
    netns,
    inode: statSync(`/run/netns/${netns}`).ino,
    address: `10.77.0.${number}`,
    address6: `fd77::${number}`,
    spawn: spawnInside,
    run: async (command, args, timeout = 60_000) => {
      const running = runFile('ip', inside(command, args), { timeout });
      endWithLab(running.child);
      return (await running).stdout;
    },
    serve: async (services) => {
      const child = spawnInside(process.execPath, [servicesProgram, ...services]);
      const exit = once(child, 'exit').then(([code]) => {
        throw new Error(`the services ${services.join(' ')} ended with ${code}`);
      });
      await Promise.race([once(child.stdout!, 'data'), exit]);
      exit.catch(() => {});
    },
  };
}
