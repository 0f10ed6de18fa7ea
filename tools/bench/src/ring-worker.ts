/** The thread of one ring: drains it when it is told to, or polls it. */
import { parentPort, workerData } from 'node:worker_threads';
import { mapRing } from '@connscan/probe';
import { createRecordChecksum } from './checksum-records.ts';
import { drainRing } from './drain-ring.ts';
import { BEATS, type Drained, type Order, type RingWorkerData } from './ring-protocol.ts';

/** The agent looks at its rings this often while records come, in milliseconds. */
const POLL_MS = 5;

const { ring, gate } = workerData as RingWorkerData;
const { reader } = mapRing(ring);
const checksum = createRecordChecksum(reader.words);
const port = parentPort!;
let polling: NodeJS.Timeout | undefined;
let polled = 0;

const nowNs = () => Number(process.hrtime.bigint());

function drain(): Drained {
  const startNs = nowNs();
  const records = polled + drainRing(reader, checksum.visit);
  const endNs = nowNs();
  polled = 0;
  return { records, checksum: checksum.take(), startNs, endNs };
}

function waitForOthers(): void {
  const workers = Atomics.load(gate, 1);
  for (let left = BEATS - 1; left >= 0; left--) {
    Atomics.sub(gate, 0, 1);
    while (Atomics.load(gate, 0) > left * workers);
  }
}

port.on('message', (order: Order) => {
  if (order === 'poll') {
    polling = setInterval(() => {
      polled += drainRing(reader, checksum.visit);
    }, POLL_MS);
    return;
  }
  clearInterval(polling);
  if (order === 'drain') waitForOthers();
  port.postMessage(drain());
});
