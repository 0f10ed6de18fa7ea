import { parentPort } from 'node:worker_threads';
import { copyFrom } from './copy-from.ts';
import { runWhatIfPart } from './run-what-if-part.ts';
import type { WhatIfPart, WhatIfProgress, WhatIfTask } from './what-if-task.ts';

/** A task of piscina. One that is cancelled ends with its thread. */
export async function replayPart({ source, ...task }: WhatIfTask): Promise<WhatIfPart> {
  const { id, part } = task;
  await using reader = copyFrom(source);
  return await runWhatIfPart({
    ...task,
    copy: reader.copy,
    onProgress: (progress) => parentPort!.postMessage({ id, part, progress } satisfies WhatIfProgress),
  });
}
