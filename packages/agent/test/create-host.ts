import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostFiles } from '../src/process/host-files.ts';

type ProcessFiles = {
  readonly comm: string;
  readonly parentPid?: number;
  readonly startTicks: number;
  readonly exe?: string;
  /** Contents of files of /proc/PID by their names. */
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
};

/** A directory with the files of a host: what a test writes into it is all that is known of that host. */
export async function createHost() {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-host-'));
  const host: HostFiles = {
    proc: join(directory, 'proc'),
    cgroup: join(directory, 'cgroup'),
    passwd: join(directory, 'passwd'),
    dpkg: join(directory, 'dpkg'),
  };
  for (const path of [host.proc, host.cgroup, join(host.dpkg, 'info')]) await mkdir(path, { recursive: true });
  await writeFile(host.passwd, 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n');

  async function addProcess(pid: number, { comm, parentPid = 0, startTicks, exe, files, links }: ProcessFiles) {
    const path = join(host.proc, String(pid));
    const stat = `${pid} (${comm}) S ${parentPid} ${'0 '.repeat(17)}${startTicks} 0\n`;
    for (const [name, text] of Object.entries({ stat, ...files })) {
      await mkdir(join(path, name, '..'), { recursive: true });
      await writeFile(join(path, name), text);
    }
    for (const [name, target] of Object.entries({ ...(exe && { exe }), ...links })) {
      await mkdir(join(path, name, '..'), { recursive: true });
      await symlink(target, join(path, name));
    }
  }

  return { directory, host, addProcess, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}
