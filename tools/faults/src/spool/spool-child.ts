/**
 * Appends to a real spool and tells the aggregator on the other end of its pipes, line by line:
 *
 *   out  open EPOCH | durable SEQ ID | sent SEQ ID | loss SEQ JSON | health JSON | end HEALTH
 *   in   ack SEQ… | hold, go (appends) | health | finish
 */
import { randomInt, randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { openSpool, openSpoolFiles, systemClock } from '@connscan/agent/spool';
import { decodeLosses } from '@connscan/wire';
import { idOf, payloadOf } from './batch-id.ts';

export type SpoolChildOptions = {
  readonly directory: string;
  /** Ids count from here. */
  readonly from: number;
  readonly maxBytes?: number;
  readonly maxMemoryBytes?: number;
  /** False to deliver only. */
  readonly appends: boolean;
};

/** Appends under way at most. */
const WINDOW = 8;

const { directory, from, appends, ...bounds } = JSON.parse(process.argv[2]!) as SpoolChildOptions;
const spool = await openSpool({
  files: openSpoolFiles(directory),
  clock: systemClock,
  logger: { info() {}, warn() {}, error() {} },
  randomUUID,
  ...bounds,
});
let isHeld = !appends;
let isFinishing = false;
let underWay = 0;
let id = from;
// What was said is in the pipe, whatever comes next.
const say = (text: string) => writeSync(1, `${text}\n`);
say(`open ${spool.epoch}`);

async function append(): Promise<void> {
  underWay++;
  const mine = id++;
  const isDetection = randomInt(4) === 0;
  const payload = payloadOf(mine, randomInt(isDetection ? 2000 : 18_000));
  const seq = await spool.append(isDetection ? 'DETECTIONS' : 'SIGHTINGS', payload);
  if (seq !== undefined) say(`durable ${seq} ${mine}`);
  underWay--;
}

async function keepAppending(): Promise<void> {
  while (!isFinishing) {
    while (!isHeld && underWay < WINDOW) void append();
    await delay(1);
  }
}

const reader = spool.openReader();
let isReading = false;
let isWanted = false;
async function deliver(): Promise<void> {
  isWanted = true;
  if (isReading) return;
  isReading = true;
  while (isWanted) {
    isWanted = false;
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      if (batch.kind === 'LOSS') say(`loss ${batch.seq} ${JSON.stringify(decodeLosses(batch.payload))}`);
      else say(`sent ${batch.seq} ${idOf(batch.payload) ?? 'changed'}`);
    }
  }
  isReading = false;
}

function endIfEmpty(): void {
  if (!isFinishing || underWay > 0 || spool.waiting() > 0) return;
  isFinishing = false;
  const health = spool.health();
  reader.close();
  void spool.close().then(() => {
    say(`end ${JSON.stringify(health)}`);
    process.exit();
  });
}

spool.onChange(() => {
  void deliver();
  endIfEmpty();
});

const input = createInterface({ input: process.stdin });
// Whoever started it is gone.
input.on('close', () => process.exit(1));
input.on('line', (line) => {
  const [command, ...args] = line.split(' ');
  if (command === 'ack') spool.acknowledge(args.map(Number));
  else if (command === 'hold') isHeld = true;
  else if (command === 'go') isHeld = false;
  else if (command === 'health') say(`health ${JSON.stringify(spool.health())}`);
  else if (command === 'finish') isFinishing = true;
  endIfEmpty();
});
await deliver();
await keepAppending();
