import { open } from 'node:fs/promises';

/** The first bytes of a file as text. A command line may have 6 MiB, and a snapshot keeps 4 KiB. */
export async function readStart(path: string, maxBytes: number): Promise<string> {
  await using file = await open(path);
  const bytes = Buffer.alloc(maxBytes);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, maxBytes - length);
    if (bytesRead === 0) return bytes.toString('utf8', 0, length);
    length += bytesRead;
  }
}
