import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { z } from 'zod';

/** The agent's UUID, kept in its data directory and made at the first start. */
export async function readAgentId(dataPath: string): Promise<string> {
  const file = join(dataPath, 'agent-id');
  try {
    const id = (await readFile(file, 'utf8')).trim();
    if (z.uuid().safeParse(id).success) return id;
    throw new ConnscanError('DATA_DIRECTORY_UNUSABLE', `${file}: must hold a UUID; remove it to get a new identity`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const id = randomUUID();
  await writeFile(file, `${id}\n`, { mode: 0o600, flag: 'wx' });
  return id;
}
