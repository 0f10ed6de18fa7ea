import { ConnscanError } from '@connscan/model';
import type { Client } from '@urql/core';
import { createProgress } from './create-progress.ts';
import { change, refusal } from './graphql-client.ts';
import type { ProgressAnswer } from './tuning-answers.ts';
import { CANCEL_WHAT_IF, WHAT_IF_PROGRESS } from './tuning-documents.ts';

/** A bar of a hundred parts: the aggregator tells a share. */
const WHOLE = 100;

/**
 * Starts a what-if and waits until it is done, with a bar on standard error; returns its id. When `interrupt` is aborted, it is
 * cancelled on the aggregator too, and undefined is returned. Throws as `change` does, and WHAT_IF_FAILED if it came to no result.
 */
export async function runWhatIf(
  client: Client,
  start: () => Promise<string>,
  interrupt: AbortSignal,
): Promise<string | undefined> {
  const id = await start();
  process.stderr.write(`what-if ${id} is replayed; Ctrl-C cancels it\n`);
  const progress = createProgress('replayed');
  try {
    const isDone = await follow(client, id, {
      interrupt,
      onProgress: (share) => progress.update(Math.round(share * WHOLE), WHOLE),
    });
    if (isDone) return id;
    await change(client, CANCEL_WHAT_IF, { id });
    return undefined;
  } finally {
    progress.stop();
  }
}

type Following = { readonly interrupt: AbortSignal; readonly onProgress: (share: number) => void };

/** Whether it was done before the interruption. */
async function follow(client: Client, id: string, { interrupt, onProgress }: Following): Promise<boolean> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<boolean>();
  const fail = (message: string) => reject(new ConnscanError('WHAT_IF_FAILED', message));
  const onAbort = () => resolve(false);
  interrupt.addEventListener('abort', onAbort, { once: true });
  const { unsubscribe } = client
    .subscription<ProgressAnswer>(WHAT_IF_PROGRESS, { id })
    .subscribe(({ data, error, hasNext }) => {
      if (error) return reject(refusal(error));
      const { state, progress, problem } = data!.whatIf;
      onProgress(progress);
      if (state === 'DONE') resolve(true);
      else if (state === 'FAILED') fail(problem ?? 'the aggregator does not say why');
      else if (state === 'CANCELLED') fail('it was cancelled, by somebody else or as the aggregator stopped');
      else if (!hasNext) fail('the aggregator told no more of it');
    });
  if (interrupt.aborted) onAbort();
  try {
    return await ended;
  } finally {
    unsubscribe();
    interrupt.removeEventListener('abort', onAbort);
  }
}
