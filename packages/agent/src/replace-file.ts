import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts bytes in the place of a file, readable by its owner alone. Whenever the host fails, the old file or the new one is there,
 * whole; the directory is synchronised too, or a power cut may leave neither name.
 */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await using output = await open(temporary, 'w', 0o600);
    await output.writeFile(bytes);
    await output.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, file);
  await using parent = await open(dirname(file), 'r');
  await parent.sync();
}
