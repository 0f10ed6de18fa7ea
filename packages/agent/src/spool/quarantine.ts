import type { SpoolFiles } from './spool-files.ts';

const PREFIX = 'damaged-';

/** Damaged segments kept for whoever wants to see what happened. */
const KEPT = 4;

/** Takes a damaged segment out of the spool and keeps it, and at most so many of them. */
export async function quarantine(files: SpoolFiles, name: string): Promise<void> {
  await files.rename(name, `${PREFIX}${name}`);
  const damaged = (await files.list()).filter((other) => other.startsWith(PREFIX)).sort();
  for (const oldest of damaged.slice(0, -KEPT)) await files.remove(oldest);
}
