import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readKeptText } from './kept-text.ts';

/**
 * The secret by which the kernel picks the shard of a source, 8 bytes. It is kept in the data directory, as the snapshot of a
 * shard is worth nothing where its sources come to another one.
 */
export async function readShardSeed(dataPath: string): Promise<Uint8Array> {
  const text = await readKeptText({
    file: join(dataPath, 'shard-seed'),
    isWhole: (digits) => /^[0-9a-f]{16}$/.test(digits),
    make: () => randomBytes(8).toString('hex'),
    problem: 'must hold 16 hexadecimal digits; remove it and the snapshots to start cold',
  });
  return Buffer.from(text, 'hex');
}
