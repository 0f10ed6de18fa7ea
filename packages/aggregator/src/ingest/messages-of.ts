import type { AggregatorStream } from '@connscan/wire';

/**
 * The messages of a session, one by one, until the agent closes its end, the stream dies or the signal aborts. What
 * is not asked for stays in the stream, which holds 16 messages and then stops reading from its connection.
 */
export async function* messagesOf(call: AggregatorStream, signal: AbortSignal): AsyncGenerator<unknown, void> {
  let wake = () => {};
  const notify = () => wake();
  for (const event of ['readable', 'end', 'close']) call.on(event, notify);
  signal.addEventListener('abort', notify);
  try {
    while (!signal.aborted) {
      const message = call.read();
      if (message !== null) {
        yield message;
        continue;
      }
      if (call.readableEnded || call.destroyed) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener('abort', notify);
  }
}
