/**
 * The services of a lab host, as a program: `services.ts http:80 banner:22 silent:5432`. Prints one line when all of
 * them listen; ends when its standard input closes, so that it never outlives the lab.
 */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';

const HELLO = Buffer.from('hello\n');

/** More than the buffers of both hosts take. */
const LARGE = Buffer.alloc(16 << 20);

const KINDS: Record<string, () => Server> = {
  /** Answers every request with a short page, one for /large with more than anybody reads. */
  http: () =>
    createHttpServer(({ url }, response) => {
      const body = url === '/large' ? LARGE : HELLO;
      // With its length, connections are kept for clients of HTTP/1.0 too.
      response.setHeader('content-length', body.length).end(body);
    }),
  /** Speaks first, as SSH and SMTP do, and closes when the client does. */
  banner: () =>
    createServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .write('220 lab\r\n'),
    ),
  /** Waits for the client to speak, as most databases do. */
  silent: () => createServer((socket) => socket.on('error', () => {}).resume()),
  /** Takes every connection and resets it at once, as an overloaded server does. */
  reset: () => createServer((socket) => socket.on('error', () => {}).resetAndDestroy()),
};

for (const service of process.argv.slice(2)) {
  const [kind = '', port] = service.split(':');
  const create = KINDS[kind];
  if (!create) throw new Error(`${service}: must be KIND:PORT with a kind of ${Object.keys(KINDS).join(', ')}`);
  await once(create().listen(Number(port), '::'), 'listening');
}
console.log('ready');
process.stdin.resume().once('close', () => process.exit());
