/** Connects to HOST PORT, once from its first thread and once from a worker. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';

const [host, port] = process.argv.slice(2);
const socket = connect(Number(port), host);
await once(socket, 'connect');
socket.resetAndDestroy();
await once(socket, 'close');
if (isMainThread) await once(new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }), 'exit');
