import type { SpoolFile } from './spool-files.ts';

/** Writes all of it: a write may end early without an error (Node returned 248 of 600 bytes on a full disk). */
export async function writeWhole(file: SpoolFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await file.write(bytes.subarray(done), position + done);
    if (written === 0) throw Object.assign(new Error('a write of nothing'), { code: 'EIO' });
    done += written;
  }
}

/** Reads until the buffer is full or the file ends; returns what was read. */
export async function readWhole(file: SpoolFile, bytes: Uint8Array, position: number): Promise<Uint8Array> {
  let done = 0;
  while (done < bytes.length) {
    const read = await file.read(bytes.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
