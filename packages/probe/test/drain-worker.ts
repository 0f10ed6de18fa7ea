/** Maps a ring in a worker thread, drains it and ends: with the ring closed, with the ring left, or never. */
import { parentPort, workerData } from 'node:worker_threads';
import { mapRing, type Ring } from '../src/map-ring.ts';
import { until } from './until.ts';

export type DrainTask = { readonly ring: Ring; readonly ending: 'close' | 'leave' | 'stay in the drain' };

const { ring, ending } = workerData as DrainTask;
const { reader, close } = mapRing(ring);
await until(() => reader.hasData());
if (ending === 'stay in the drain') {
  reader.drain(() => {
    parentPort?.postMessage(1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }, Number.POSITIVE_INFINITY);
}
const records = reader.drain(() => {}, Number.POSITIVE_INFINITY);
if (ending === 'close') close();
parentPort?.postMessage(records);
