/**
 * Appends to a real spool and tells the aggregator on the other end of its pipes, line by line:
 *
 *   out  open EPOCH | durable SEQ ID | sent SEQ ID | loss SEQ JSON | health JSON | end HEALTH
 *   in   ack EPOCH SEQ… | hold, go (appends) | health | finish
 *
 * `open` comes again when a spool on disk takes the place of one in memory: numbers count within the epoch that was told last.
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
let { epoch } = spool;
say(`open ${epoch}`);
/** What a spool on disk has promised while another one is still sent. */
let untold: string[] = [];
const standsIn = spool.health().durable ? undefined : epoch;

async function append(): Promise<void> {
  underWay++;
  const mine = id++;
  const isDetection = randomInt(4) === 0;
  const payload = payloadOf(mine, randomInt(isDetection ? 2000 : 18_000));
  const seq = await spool.append(isDetection ? 'DETECTIONS' : 'SIGHTINGS', payload);
  if (seq !== undefined && spool.epoch === standsIn) untold.push(`durable ${seq} ${mine}`);
  else if (seq !== undefined) say(`durable ${seq} ${mine}`);
  underWay--;
}

async function keepAppending(): Promise<void> {
  while (!isFinishing) {
    while (!isHeld && underWay < WINDOW) void append();
    await delay(1);
  }
}

let reader = spool.openReader();
let isReading = false;
let isWanted = false;

function goOn(): void {
  if (spool.epoch === epoch) return;
  ({ epoch } = spool);
  reader.close();
  reader = spool.openReader();
  say(`open ${epoch}`);
  for (const line of untold) say(line);
  untold = [];
}

async function deliver(): Promise<void> {
  isWanted = true;
  if (isReading) return;
  isReading = true;
  while (isWanted) {
    isWanted = false;
    goOn();
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
  if (command === 'ack') {
    // One of a spool in memory may come when that of the disk has taken its place.
    if (args[0] === epoch && epoch === spool.epoch) spool.acknowledge(args.slice(1).map(Number));
  } else if (command === 'hold') isHeld = true;
  else if (command === 'go') isHeld = false;
  else if (command === 'health') say(`health ${JSON.stringify(spool.health())}`);
  else if (command === 'finish') isFinishing = true;
  endIfEmpty();
});
await deliver();
await keepAppending();
