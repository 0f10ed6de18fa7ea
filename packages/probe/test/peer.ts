/**
 * One side of the test's connections: runs in a network namespace, does what the test says over IPC and answers when it
 * is done.
 */
import { connect, createServer, type Socket } from 'node:net';

/** What the server does with a connection; `hold` answers a FIN by a FIN, as Node does by itself. */
export type Behaviour = 'hold' | 'banner' | 'close' | 'reset';

/** How the client ends its connection; a number is that many bytes sent first, then a reset. */
export type Ending = 'reset' | 'fin' | 'unread' | 'wait' | 'give_up' | number;

export type Request =
  | { readonly do: 'listen'; readonly host: string; readonly port: number; readonly behaviour: Behaviour }
  | { readonly do: 'connect'; readonly host: string; readonly port: number; readonly ending: Ending };

function listen({ host, port, behaviour }: Extract<Request, { do: 'listen' }>): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (behaviour === 'reset') socket.resetAndDestroy();
    else socket.resume();
    if (behaviour === 'close') socket.end();
    if (behaviour === 'banner') socket.write('x'.repeat(1000));
  });
  return new Promise((resolve) => server.listen(port, host, resolve));
}

function connectAndEnd({ host, port, ending }: Extract<Request, { do: 'connect' }>): Promise<void> {
  // Takes one byte and no more, so that the rest of a banner stays unread in the kernel.
  const onread = {
    buffer: new Uint8Array(1),
    callback: () => {
      socket.destroy();
      return false;
    },
  };
  const socket: Socket = connect({ host, port, ...(ending === 'unread' ? { onread } : {}) });
  socket.on('error', () => {});
  if (ending === 'give_up') socket.on('connectionAttempt', () => setImmediate(() => socket.destroy()));
  socket.on('connect', () => {
    if (ending === 'reset') socket.resetAndDestroy();
    if (ending === 'fin') socket.end();
    if (ending === 'wait') socket.resume();
    if (typeof ending === 'number') socket.write('x'.repeat(ending), () => socket.resetAndDestroy());
  });
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

process.on('message', async (request: Request) => {
  await (request.do === 'listen' ? listen(request) : connectAndEnd(request));
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
