import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Received = { readonly headers: Record<string, string>; readonly body: string };

export type HttpReceiver = {
  readonly url: string;
  /** Resolves with all that was received when it is so many. */
  received(count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
};

/** A receiver of webhooks. `answer` may answer as it likes; if it returns a number, that is the status. */
export async function startHttpReceiver(
  answer: (
    received: Received,
    response: ServerResponse,
    count: number,
  ) => number | Promise<number | undefined> | undefined,
): Promise<HttpReceiver> {
  const all: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request: IncomingMessage, response) => {
    const received = { headers: request.headers as Record<string, string>, body: await text(request) };
    all.push(received);
    const status = await answer(received, response, all.length);
    if (status !== undefined) response.writeHead(status).end();
    for (const wake of waiting) wake();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async received(count) {
      while (all.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
      return all;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
