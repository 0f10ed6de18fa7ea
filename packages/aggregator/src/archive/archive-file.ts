import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { ConnscanError } from '@connscan/model';
import { type ArchiveLines, endSchema } from './archive-lines.ts';

/**
 * Writes an archive, compressed with zstd and readable by its owner alone. The file has its name when it is complete and on
 * the disk, so a name never stands for half of one. Throws BAD_USAGE if there is such a file.
 */
export async function writeArchive(file: string, lines: ArchiveLines): Promise<void> {
  const partial = `${file}.partial`;
  const handle = await open(partial, 'wx', 0o600).catch((cause) => {
    throw new ConnscanError('BAD_USAGE', `--out: ${partial}: ${cause.message}`, { cause });
  });
  try {
    await pipeline(textOf(lines), createZstdCompress(), handle.createWriteStream({ flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial);
    throw error;
  }
}

async function* textOf(lines: ArchiveLines): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for await (const some of lines) {
    if (some.length === 0) continue;
    const text = `${some.join('\n')}\n`;
    hash.update(text);
    yield text;
  }
  yield `${JSON.stringify({ sha256: hash.digest('hex') })}\n`;
}

/** The lines of an archive; throws BAD_ARCHIVE, at the latest behind them, if it is not as it was written. */
export async function* readArchive(file: string): ArchiveLines {
  const hash = createHash('sha256');
  let last: string | undefined;
  try {
    for await (const some of linesOf(file)) {
      if (some.length === 0) continue;
      const lines = last === undefined ? some : [last, ...some];
      last = lines.pop()!;
      for (const line of lines) hash.update(`${line}\n`);
      yield lines;
    }
  } catch (cause) {
    throw new ConnscanError('BAD_ARCHIVE', `${file}: ${(cause as Error).message}`, { cause });
  }
  requireEnd(file, last, hash);
}

async function* linesOf(file: string): AsyncGenerator<string[]> {
  const text = createZstdDecompress();
  const bytes = createReadStream(file).on('error', (error) => text.destroy(error));
  let rest = '';
  for await (const chunk of bytes.pipe(text).setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield lines;
  }
}

function requireEnd(file: string, last: string | undefined, hash: Hash): void {
  const end = endSchema.safeParse(last?.startsWith('{"sha256"') ? JSON.parse(last) : undefined);
  if (!end.success) throw new ConnscanError('BAD_ARCHIVE', `${file}: it has no end`);
  if (end.data.sha256 !== hash.digest('hex')) throw new ConnscanError('BAD_ARCHIVE', `${file}: it was changed`);
}
