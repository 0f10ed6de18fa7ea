/** Hears of detections as a subscriber does. */
export type Starts = AsyncDisposable & {
  /** Resolves to the time of the event that tells of this source's first alert, in nanoseconds; rejects after `withinMs`. */
  of(source: string, withinMs: number): Promise<bigint>;
};

const QUERY = 'subscription { detections { detection { source alertType } } }';

type Waiting = { readonly source: string; resolve(atNs: bigint): void; reject(error: Error): void };

/** Subscribes over server-sent events; resolves when the aggregator has taken the subscription. */
export async function followStarts(url: string, token: string): Promise<Starts> {
  const ending = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: QUERY }),
    signal: ending.signal,
  });
  if (!response.ok) throw new Error(`the aggregator refused the subscription: ${response.status}`);
  let waiting: Waiting | undefined;

  async function read(): Promise<void> {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const atNs = process.hrtime.bigint();
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, data] = /^data: (.*)$/m.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        const told = data ? JSON.parse(data).data?.detections.detection : undefined;
        if (told?.alertType === 'START' && told.source === waiting?.source) waiting?.resolve(atNs);
      }
    }
  }
  const reading = read().catch((error: Error) => {
    if (!ending.signal.aborted) waiting?.reject(error);
  });

  return {
    of(source, withinMs) {
      const { promise, resolve, reject } = Promise.withResolvers<bigint>();
      waiting = { source, resolve, reject };
      const timer = setTimeout(() => reject(new Error(`${source}: not told within ${withinMs} ms`)), withinMs);
      return promise.finally(() => clearTimeout(timer));
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await reading;
    },
  };
}
