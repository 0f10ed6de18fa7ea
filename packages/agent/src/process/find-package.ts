import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Learnt, learn, tryRead } from './learn.ts';

/**
 * The Debian package that owns a path: the one whose `info/PACKAGE.list` has it, undefined if none has. Unknown if several
 * have it, or if the path is diverted, as then the file may be another package's or the administrator's.
 */
export async function findPackage(dpkg: string, path: string): Promise<Learnt<string | undefined>> {
  const spellings = spellingsOf(path);
  const diversions = await tryRead(readFile(join(dpkg, 'diversions'), 'utf8'));
  if (diversions?.split('\n').some((line) => spellings.includes(line))) return { why: 'diverted' };

  const info = join(dpkg, 'info');
  const files = await tryRead(readdir(info));
  if (!files) return { why: 'no package database' };
  // The first line of every list is `/.`, so a line feed stands before each other one.
  const lines = spellings.map((spelling) => Buffer.from(`\n${spelling}\n`));
  const owners = new Set<string>();
  for (const list of files.filter((file) => file.endsWith('.list'))) {
    const text = await learn(readFile(join(info, list)));
    if ('why' in text) return text;
    if (lines.some((line) => text.value.includes(line))) owners.add(packageOf(list));
  }
  return owners.size > 1 ? { why: 'several packages' } : { value: owners.values().next().value };
}

/** /bin is /usr/bin since the directories were merged, and lists name files either way. */
function spellingsOf(path: string): string[] {
  const merged = /^(?:\/usr)?(\/(?:bin|sbin|lib\w*)\/.*)$/.exec(path)?.[1];
  return merged === undefined ? [path] : [merged, `/usr${merged}`];
}

/** `libc6:amd64.list` belongs to libc6. */
function packageOf(list: string): string {
  return list.replace(/(:[^:]*)?\.list$/, '');
}
