import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

const NEWLINE = 10;

/**
 * Appends a line and waits until it is on the disk. The file is opened by its name for each line, so whoever rotates it need
 * tell nobody. A line that a power cut left without an end is ended first.
 */
export async function appendLine(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // It tells what was detected, which is not for every user of this host.
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const isWhole = size === 0 || last[0] === NEWLINE;
    await file.appendFile(`${isWhole ? '' : '\n'}${line}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}
