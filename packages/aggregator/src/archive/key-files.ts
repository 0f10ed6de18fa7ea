import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import type { KeptFile } from './archive-lines.ts';

/** What is beside the store in a data directory and belongs to it: the key of the authority, and the first token. */
const KEY_FILES = ['identity/authority.pem', 'admin-token'];

/** Those that there are. */
export async function readKeyFiles(data: string): Promise<KeptFile[]> {
  const read = await Promise.all(
    KEY_FILES.map(async (file) => {
      const bytes = await readFile(join(data, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      return bytes ? [{ file, base64: bytes.toString('base64') }] : [];
    }),
  );
  return read.flat();
}

/** Throws DATA_DIRECTORY_UNUSABLE if one is there that a restored one would replace. */
export async function refuseKeyFiles(data: string): Promise<void> {
  const [found] = await readKeyFiles(data);
  if (found) throw new ConnscanError('DATA_DIRECTORY_UNUSABLE', `${join(data, found.file)}: is there already`);
}

/** For their owner alone. Throws BAD_ARCHIVE for a path that is none of them, and never replaces a file. */
export async function writeKeyFiles(data: string, files: readonly KeptFile[]): Promise<void> {
  for (const { file, base64 } of files) {
    if (!KEY_FILES.includes(file)) throw new ConnscanError('BAD_ARCHIVE', `it has a file of an unknown name: ${file}`);
    const path = join(data, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, Buffer.from(base64, 'base64'), { mode: 0o600, flag: 'wx', flush: true });
  }
}
