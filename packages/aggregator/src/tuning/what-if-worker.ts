import { parentPort } from 'node:worker_threads';
import { copyFrom } from './copy-from.ts';
import { replayPart } from './replay-part.ts';
import { createRowsWriter, type SightingRows } from './sighting-rows.ts';
import { sightingsCopy } from './sightings-copy.ts';
import type { ReadTask, ReplayTask, WhatIfPart, WhatIfProgress } from './what-if-task.ts';

/** Tasks of piscina. One that is cancelled ends with its thread. */
export async function read({ source, choice, expected }: ReadTask): Promise<SightingRows> {
  await using reader = copyFrom(source);
  const writer = createRowsWriter(expected);
  for await (const chunk of reader.copy(sightingsCopy(choice))) writer.write(chunk);
  return writer.rows();
}

export function replay({ id, ...task }: ReplayTask): WhatIfPart {
  return replayPart({
    ...task,
    onProgress: (progress) => parentPort!.postMessage({ id, progress } satisfies WhatIfProgress),
  });
}
