import { readFile, writeFile } from 'node:fs/promises';
import { ConnscanError } from '@connscan/model';

export type KeptText = {
  readonly file: string;
  /** Whether a text is one that `make` could have made. */
  readonly isWhole: (text: string) => boolean;
  readonly make: () => string;
  /** What the file must hold, and what its removal means. */
  readonly problem: string;
};

/** The one line of a file, made at the first time, for its owner alone. Throws DATA_DIRECTORY_UNUSABLE for a damaged one. */
export async function readKeptText({ file, isWhole, make, problem }: KeptText): Promise<string> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (isWhole(text)) return text;
    throw new ConnscanError('DATA_DIRECTORY_UNUSABLE', `${file}: ${problem}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const text = make();
  await writeFile(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
  return text;
}
