type Events = {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the subscription, which the test knows.
  next(): Promise<any>;
  close(): Promise<void>;
};

/** Opens a subscription over server-sent events; resolves when the server has it. */
export async function readEvents(
  { origin, token }: { readonly origin: string; readonly token: string },
  query: string,
): Promise<Events> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query }),
  });
  const chunks = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = '';
  return {
    async next() {
      for (;;) {
        const [event, rest] = [/^event: next\ndata: (.*)\n\n/m.exec(text), text];
        if (event) {
          text = rest.slice(event.index + event[0].length);
          return JSON.parse(event[1]!);
        }
        const { value, done } = await chunks.next();
        if (done) throw new Error(`the stream ended: ${text}`);
        text += value;
      }
    },
    async close() {
      await chunks.return?.();
    },
  };
}
