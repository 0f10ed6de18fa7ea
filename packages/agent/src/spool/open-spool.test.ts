import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Batch, decodeLosses } from '@connscan/wire';
import { openSpool, type Spool, type SpoolClock, type SpoolReader } from './open-spool.ts';
import { openSpoolFiles } from './spool-files.ts';

let parent: string;
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(parent, { recursive: true }));

const logger = { info() {}, warn() {}, error() {} };
const clock: SpoolClock = {
  wallTimeMs: Date.now,
  afterMs(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

const open = (directory: string, maxBytes?: number): Promise<Spool> =>
  openSpool({ files: openSpoolFiles(directory), clock, logger, randomUUID, ...(maxBytes && { maxBytes }) });

const bytes = (count: number, fill = 1) => new Uint8Array(count).fill(fill);

async function drain(reader: SpoolReader): Promise<number[]> {
  const seqs: number[] = [];
  for (let batch = await reader.next(); batch; batch = await reader.next()) seqs.push(batch.seq);
  return seqs;
}

/** The next batch, whenever it can be read. */
async function nextOf(spool: Spool, reader: SpoolReader): Promise<Batch> {
  for (;;) {
    const change = new Promise<void>((resolve) => spool.onChange(resolve));
    const batch = await reader.next();
    if (batch) return batch;
    await change;
  }
}

test('what was appended is there after a restart, under the same numbers, until it is acknowledged', async () => {
  const directory = join(parent, 'restart');
  const first = await open(directory);
  await Promise.all([first.append('SIGHTINGS', bytes(10)), first.append('DETECTIONS', bytes(20))]);
  first.acknowledge([1]);
  await first.close();

  const second = await open(directory);
  assert.equal(second.epoch, first.epoch);
  const reader = second.openReader();
  const batch = await reader.next();
  reader.close();
  assert.deepEqual([batch?.seq, batch?.kind, batch?.payload.length], [2, 'DETECTIONS', 20]);
  second.acknowledge([2]);
  assert.deepEqual(
    [second.health().appended, second.health().acknowledged, second.waiting(), second.health().waitingBytes],
    [2, 2, 0, 0],
  );
  await second.close();
});

test('a session sends what is new before the backlog, detections before sightings, and each once', async () => {
  const spool = await open(join(parent, 'lanes'));
  await spool.append('SIGHTINGS', bytes(1));
  await spool.append('DETECTIONS', bytes(1));
  const reader = spool.openReader();
  await spool.append('SIGHTINGS', bytes(1));
  await spool.append('DETECTIONS', bytes(1));
  assert.deepEqual(await drain(reader), [4, 3, 1, 2]);
  await spool.append('SIGHTINGS', bytes(1));
  assert.deepEqual(await drain(reader), [5]);
  const another = spool.openReader();
  assert.deepEqual((await drain(another)).sort(), [1, 2, 3, 4, 5]);
  reader.close();
  another.close();
  await spool.close();
});

test('a full spool gives up its oldest sightings, keeps detections, and tells which batches were lost', async () => {
  const directory = join(parent, 'full');
  const spool = await open(directory, 100_000);
  await spool.append('DETECTIONS', bytes(1000));
  for (let i = 0; i < 100; i++) await spool.append('SIGHTINGS', bytes(3000, 7));
  await spool.append('DETECTIONS', bytes(1000));
  const { appended, lostFull, waiting } = spool.health();
  assert.equal(appended, lostFull + waiting);

  const reader = spool.openReader();
  const seqs = await drain(reader);
  assert.ok(seqs.includes(1) && seqs.includes(appended));
  spool.acknowledge(seqs);
  const told = await nextOf(spool, reader);
  assert.equal(told.kind, 'LOSS');
  for (const { from, through, batches, rows, reason } of decodeLosses(told.payload)) {
    assert.deepEqual([through - from + 1, rows, reason], [batches, batches * 7, 'full']);
    assert.ok(from > 1);
  }
  reader.close();
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  assert.ok(sizes.reduce((sum, size, i) => sum + (names[i]!.startsWith('cursor') ? 0 : size), 0) <= 100_000);
  await spool.close();
});

test('directory and files are for their owner alone', async () => {
  const directory = join(parent, 'modes');
  const spool = await open(directory);
  await spool.append('DETECTIONS', bytes(1));
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  for (const name of await readdir(directory)) assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600);
  await spool.close();
});
