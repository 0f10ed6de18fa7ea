import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../replace-file.ts';

/** Policies are some KiB; a message has a MiB. */
const lastGoodSchema = z.strictObject({
  version: z.number().int().min(0),
  hash: z.string(),
  /** As it was sent: a later program may have other floors. */
  document: z.string(),
});

/** The policy that an aggregator gave last, and that this agent could work by. */
export type LastGood = z.output<typeof lastGoodSchema>;

const fileOf = (directory: string) => join(directory, 'policy.json');

/** What was kept; undefined if there is nothing. Throws if the file cannot be read or is not of this shape. */
export async function readLastGood(directory: string): Promise<LastGood | undefined> {
  const text = await readFile(fileOf(directory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : lastGoodSchema.parse(JSON.parse(text));
}

/** Keeps it, whole or not at all. */
export async function writeLastGood(directory: string, lastGood: LastGood): Promise<void> {
  await replaceFile(fileOf(directory), Buffer.from(`${JSON.stringify(lastGood)}\n`));
}
