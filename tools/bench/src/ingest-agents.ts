/**
 * Agents as a program: `ingest-agents.ts HOST:PORT SESSIONS` sends batches of sightings in so many sessions, each with as many on
 * their way as an agent has. Each line of standard input is a time in milliseconds, answered by the rows that were acknowledged
 * in it and how long it was. At the end of the input, all is waited for, and the last line is how many rows were acknowledged.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { createRandom } from '@connscan/lab';
import { OUTCOMES, type Sighting } from '@connscan/model';
import { createUplinkClient, encodeSightings, MAX_BATCH_ROWS } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';

/** Batches that an agent has on their way. */
const WINDOW = 32;

/** Each session sends so many payloads in turn: 20,000 rows, made before, as agents have processors of their own. */
const PAYLOADS = 100;

const PORTS = [22, 80, 135, 139, 443, 445, 1433, 3306, 3389, 5432, 5900, 6379, 8080, 8443, 9200];

const [address = '', sessions = ''] = process.argv.slice(2);
let acknowledgedRows = 0;
let sending = true;
const ends = Array.from({ length: Number(sessions) }, (_, number) => runSession(number + 1));

// Texts, as a number by itself would be in colours where the environment asks for them.
for await (const line of createInterface({ input: process.stdin })) {
  const [rows, begunMs] = [acknowledgedRows, performance.now()];
  await setTimeout(Number(line));
  console.log(`${acknowledgedRows - rows} ${performance.now() - begunMs}`);
}
sending = false;
await Promise.all(ends);
console.log(`${acknowledgedRows}`);

async function runSession(seed: number): Promise<void> {
  const payloads = makePayloads(seed);
  const client = createUplinkClient(address, credentials.createInsecure());
  const stream = client.session();
  stream.write({ hello: helloOf(seed) });
  let seq = 0;
  let through = 0;
  const fill = () => {
    while (sending && seq - through < WINDOW) {
      stream.write({ batch: { seq: ++seq, kind: 'SIGHTINGS', payload: payloads[seq % PAYLOADS]! } });
    }
    if (!sending && through === seq) stream.end();
  };
  fill();
  for await (const answer of stream) {
    if ('ack' in answer && answer.ack) {
      acknowledgedRows += (answer.ack.through - through) * MAX_BATCH_ROWS;
      through = answer.ack.through;
      fill();
    } else if ('reject' in answer && answer.reject) throw new Error(answer.reject.reason);
  }
  client.close();
}

function helloOf(number: number) {
  return {
    agentId: randomUUID(),
    epoch: randomUUID(),
    version: '0.0.0',
    hostname: `host-${number}`,
    kernel: '6.1.0',
    instance: randomUUID(),
    bootId: randomUUID(),
    policyHash: '0000000000000000',
    policyVersion: 0,
    addresses: [],
  };
}

/** 5,000 sources that touch four services each, too few for a detection. */
function makePayloads(seed: number): Uint8Array[] {
  const below = createRandom(seed);
  const sighting = (): Sighting => {
    const source = below(5000);
    const service = source + below(4);
    const lastSeenMs = Date.now() - below(1000);
    return {
      source: `10.${seed}.${source >> 8}.${source & 255}`,
      destination: `10.200.${service % 8}.${(service * 7) % 250}`,
      port: PORTS[service % PORTS.length]!,
      outcome: OUTCOMES[below(OUTCOMES.length)]!,
      firstSeenMs: lastSeenMs - below(1000),
      lastSeenMs,
      connections: 1 + below(3),
    };
  };
  return Array.from({ length: PAYLOADS }, () => encodeSightings(Array.from({ length: MAX_BATCH_ROWS }, sighting)));
}
