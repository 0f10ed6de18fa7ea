import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Programs, maps and links in the kernel, each as its kind and its id: `prog 17`. Ids are not used again. */
export type KernelObject = string;

/** What the descriptors of a process hold. */
export function kernelObjectsOf(pid: number): Set<KernelObject> {
  const directory = `/proc/${pid}/fdinfo`;
  const infos = readdirSync(directory).map((fd) => readFdInfo(`${directory}/${fd}`));
  return new Set(
    infos.flatMap((info) => [...info.matchAll(/^(prog|map|link)_id:\t(\d+)$/gm)].map(([, ...id]) => id.join(' '))),
  );
}

/** Everything of the kind that the kernel has, whoever holds it. */
export function allKernelObjects(): Set<KernelObject> {
  return new Set(
    ['prog', 'map', 'link'].flatMap((kind) => {
      const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
      const listed: { id: number }[] = JSON.parse(
        execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', env: environment }),
      );
      return listed.map(({ id }) => `${kind} ${id}`);
    }),
  );
}

/** How many ranges of its memory are pages of maps. */
export function mappedKernelPages(pid: number): number {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').match(/anon_inode:bpf-map/g)?.length ?? 0;
}

function readFdInfo(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The descriptor that listed the directory is closed by now.
    return '';
  }
}
