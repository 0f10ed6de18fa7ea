import { readFile } from 'node:fs/promises';
import { PROCESS_LIMITS } from '@connscan/model';
import { tryRead } from './learn.ts';

/** The user names of a passwd file by user id. An id with two names has none: which one is meant is unknown. */
export async function readUsers(passwd: string): Promise<ReadonlyMap<number, string>> {
  const text = (await tryRead(readFile(passwd, 'utf8'))) ?? '';
  const users = new Map<number, string>();
  const twice = new Set<number>();
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (name === '' || name.length > PROCESS_LIMITS.name || !/^\d+$/.test(uid)) continue;
    if (users.has(Number(uid))) twice.add(Number(uid));
    users.set(Number(uid), name);
  }
  for (const uid of twice) users.delete(uid);
  return users;
}
