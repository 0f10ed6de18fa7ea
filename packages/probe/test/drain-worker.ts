/** Maps a ring in a worker thread, takes one record of the wanted service and ends, with the ring closed or not. */
import { parentPort, workerData } from 'node:worker_threads';
import { mapRing, type Ring } from '../src/map-ring.ts';
import { collect } from './collect.ts';

export type DrainTask = { readonly ring: Ring; readonly port: number; readonly closes: boolean };

const { ring, port, closes } = workerData as DrainTask;
const mapped = mapRing(ring);
const [seen] = await collect([mapped], 1, ({ remotePort }) => remotePort === port);
if (closes) mapped.close();
parentPort?.postMessage(seen);
