import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/**
 * The thread of the embedded PostgreSQL. It gets what a client would send to a server, bytes of the PostgreSQL
 * protocol, and posts the server's answer. PGlite computes on the thread that calls it: here, never on the main one.
 */
const TERMINATE = 0x58;

const port = parentPort!;
const { directory } = workerData as { directory: string };
const database = await PGlite.create({ dataDir: directory });
let last = Promise.resolve();

port.on('message', (request: Uint8Array) => {
  last = last.then(() => (request[0] === TERMINATE ? close() : answer(request)));
});
port.postMessage('ready');

async function answer(request: Uint8Array): Promise<void> {
  port.postMessage(await database.execProtocolRaw(request));
}

async function close(): Promise<void> {
  await database.close();
  port.close();
}
