import { quarantine } from './quarantine.ts';
import { readSegment } from './read-segment.ts';
import { parseSegmentName } from './segment.ts';
import type { Spool } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';

export type AdoptOptions = {
  readonly files: SpoolFiles;
  readonly append: Spool['append'];
};

/**
 * Takes the batches of a segment whose epoch has no cursor any more into this one, under new numbers, as nothing tells
 * which of the old ones were used; what had been sent of them before may come twice. The segment stays if a batch could
 * not be made durable.
 */
export async function adoptForeign(name: string, { files, append }: AdoptOptions): Promise<void> {
  const { number } = parseSegmentName(name)!;
  const { records, damaged } = await readSegment(files, name, number, undefined);
  for (const { kind, payload } of records) {
    if ((await append(kind, payload.slice())) === undefined) return;
  }
  await (damaged ? quarantine(files, name) : files.remove(name));
}
