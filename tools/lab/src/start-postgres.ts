import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

/** A PostgreSQL server of its own, on a unix socket in a temporary directory. */
export type Postgres = AsyncDisposable & {
  /** Of its database, as `--store` takes it. */
  readonly url: string;
  /** Ends it as an administrator does, and every connection with it; `start` starts it again with what it has. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

export type PostgresOptions = {
  /** False is faster, for tests that are about something else. */
  readonly fsync: boolean;
  /** Further settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** PostgreSQL refuses root; this is `nobody` and `nogroup` of Debian. */
const NOBODY = 65534;

const run = promisify(execFile);

/**
 * Makes a cluster and starts its server; takes about 2 s. The server ends when it is disposed of, or with this process,
 * and leaves nothing behind. Throws if PostgreSQL is not installed.
 */
export async function startPostgres({ fsync, settings = {} }: PostgresOptions): Promise<Postgres> {
  const programs = findPrograms();
  const directory = await mkdtemp(join(tmpdir(), 'connscan-postgres-'));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await chown(directory, NOBODY, NOBODY);
  const user = asRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
  const data = join(directory, 'data');
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const all = { fsync: fsync ? 'on' : 'off', listen_addresses: '', unix_socket_directories: directory, ...settings };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // With this process it gets SIGINT, its fast shutdown, even if this process is killed.
    const command = [...user, '--pdeathsig=INT', join(programs, 'postgres'), '-D', data, ...options];
    server = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said = await readUntilReady(server);
    if (said !== undefined) throw new Error(`PostgreSQL did not start: ${said}`);
  }

  async function stop(): Promise<void> {
    if (!server || server.exitCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGINT');
    await exit;
  }

  async function remove(): Promise<void> {
    await stop();
    await rm(directory, { recursive: true });
  }

  try {
    const initdb = ['-D', data, '-U', 'connscan', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    await run('setpriv', [...user, '--', join(programs, 'initdb'), ...initdb], { cwd: directory });
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url: `postgres://connscan@${encodeURIComponent(directory)}/postgres`,
    start,
    stop,
    [Symbol.asyncDispose]: remove,
  };
}

function findPrograms(): string {
  const [newest] = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => versionOf(b) - versionOf(a));
  if (!newest) throw new Error('PostgreSQL is not installed: there is no /usr/lib/postgresql');
  return newest;
}

function versionOf(programs: string): number {
  return Number(programs.split('/')[4]);
}

/** Undefined when the server takes connections, else what it said before it ended. */
async function readUntilReady(server: ChildProcess): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let said = '';
  server.stderr!.on('data', (data) => {
    said = (said + data).slice(-4000);
    if (said.includes('database system is ready to accept connections')) resolve(undefined);
  });
  server.once('exit', () => resolve(said));
  return promise;
}
