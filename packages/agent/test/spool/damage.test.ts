import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@connscan/lab';
import { decodeLosses } from '@connscan/wire';
import { openSpool, type Spool } from '../../src/spool/open-spool.ts';
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.ts';

const EPOCH = '00000000-0000-4000-8000-00000000cafe';
const OTHER_EPOCH = '00000000-0000-4000-8000-00000000beef';
const logger = { info() {}, warn() {}, error() {} };
const clock = { wallTimeMs: () => 1_700_000_000_000, afterMs: () => () => {} };
const open = (disk: SimulatedDisk, uuid = EPOCH): Promise<Spool> =>
  openSpool({ files: disk.boot(), clock, logger, randomUUID: () => uuid, maxBytes: 2100 });

type Files = ReadonlyMap<string, Buffer>;

/** What a killed agent left: batches 1 to 20, of which the first segments were acknowledged and removed. */
async function makeSpool(): Promise<Files> {
  const disk = createSimulatedDisk(createRandom(1));
  const spool = await open(disk);
  for (let seq = 1; seq <= 20; seq++) {
    const kind = seq % 4 === 0 ? 'DETECTIONS' : 'SIGHTINGS';
    assert.equal(await spool.append(kind, Buffer.alloc(20, seq)), seq);
  }
  const gone = new Promise<void>((resolve) => {
    spool.onChange(() => !disk.contents().has('000000000003-sightings.segment') && resolve());
  });
  spool.acknowledge(Array.from({ length: 13 }, (_, i) => i + 1));
  await gone;
  const files = new Map([...disk.contents()].map(([name, bytes]) => [name, Buffer.from(bytes)]));
  await spool.close();
  return files;
}

type Found = { readonly delivered: ReadonlySet<number>; readonly lost: ReadonlySet<number> };

/** Opens the files, takes everything out, and checks that it is what was put in. */
async function openAndDrain(files: Files): Promise<Found> {
  const disk = createSimulatedDisk(createRandom(2), files);
  const spool = await open(disk, OTHER_EPOCH);
  assert.equal(spool.epoch, EPOCH);
  const { appended, acknowledged, lostFull, lostDamage, waiting } = spool.health();
  assert.equal(appended, acknowledged + lostFull + lostDamage + waiting);
  const reader = spool.openReader();
  const delivered = new Set<number>();
  const lost = new Set<number>();
  for (let batch = await reader.next(); batch; batch = await reader.next()) {
    if (batch.kind === 'LOSS') {
      for (const { from, through } of decodeLosses(batch.payload)) {
        for (let seq = from; seq <= through; seq++) lost.add(seq);
      }
    } else {
      assert.deepEqual(Buffer.from(batch.payload), Buffer.alloc(20, batch.seq));
      delivered.add(batch.seq);
    }
  }
  assert.equal(lost.size, lostDamage);
  assert.ok((await spool.append('DETECTIONS', Buffer.alloc(1)))! > 20);
  reader.close();
  await spool.close();
  return { delivered, lost };
}

const files = await makeSpool();
const whole = await openAndDrain(files);
const segments = [...files].filter(([name]) => name.endsWith('.segment'));
const cursors = [...files].filter(([name]) => name.startsWith('cursor'));
/** The bytes of a slot that are used, and some that are not. */
const USED_BYTES = 20 + Math.max(...cursors.map(([, bytes]) => 8 + bytes.readUInt32BE(0)));

test('the spool that is damaged below has lost nothing', () => {
  assert.equal(whole.lost.size, 0);
  assert.equal(segments.length, 4);
  for (let seq = 14; seq <= 20; seq++) assert.ok(whole.delivered.has(seq));
});

/** Whatever is not delivered any more is told, and nothing else is. */
function checkExact({ delivered, lost }: Found, most: number, what: string): void {
  assert.ok(lost.size <= most, `${what}: ${[...lost]} are lost`);
  for (const seq of whole.delivered) assert.ok(delivered.has(seq) !== lost.has(seq), `${what}: ${seq}`);
  for (const seq of lost) assert.ok(whole.delivered.has(seq), `${what}: ${seq} was acknowledged`);
}

test('any byte of a segment may change: one batch is lost at most, and told', async () => {
  for (const [name, bytes] of segments) {
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1 << (i % 8);
      checkExact(await openAndDrain(new Map(files).set(name, changed)), 1, `byte ${i} of ${name}`);
    }
  }
});

test('any byte of a cursor slot may change: nothing is lost', async () => {
  for (const [name, bytes] of cursors) {
    for (let i = 0; i < USED_BYTES; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1 << (i % 8);
      checkExact(await openAndDrain(new Map(files).set(name, changed)), 0, `byte ${i} of ${name}`);
    }
  }
});

test('a segment may end anywhere, be gone, or be all zeros: what it had is told', async () => {
  for (const [name, bytes] of segments) {
    for (let length = 0; length < bytes.length; length++) {
      checkExact(
        await openAndDrain(new Map(files).set(name, bytes.subarray(0, length))),
        20,
        `${name} of ${length} bytes`,
      );
    }
    checkExact(await openAndDrain(new Map(files).set(name, Buffer.alloc(bytes.length))), 20, `${name}, zeros`);
    checkExact(await openAndDrain(new Map([...files].filter(([other]) => other !== name))), 20, `${name}, gone`);
    checkExact(await openAndDrain(new Map(files).set(name, Buffer.concat([bytes, bytes]))), 0, `${name}, twice`);
  }
});

test('a cursor slot may end anywhere or be gone: nothing is lost', async () => {
  for (const [name, bytes] of cursors) {
    for (let length = 0; length < USED_BYTES; length++) {
      checkExact(
        await openAndDrain(new Map(files).set(name, bytes.subarray(0, length))),
        0,
        `${name} of ${length} bytes`,
      );
    }
    checkExact(await openAndDrain(new Map([...files].filter(([other]) => other !== name))), 0, `${name}, gone`);
  }
});

test('without any cursor, what is on disk comes under a new epoch, as no number of the old one is safe', async () => {
  const disk = createSimulatedDisk(createRandom(3), segments);
  const spool = await open(disk, OTHER_EPOCH);
  assert.equal(spool.epoch, OTHER_EPOCH);
  const expected = segments.length;
  const reader = spool.openReader();
  const payloads = new Set<number>();
  while (payloads.size < expected) {
    const change = new Promise<void>((resolve) => spool.onChange(resolve));
    const batch = await reader.next();
    if (batch) payloads.add(batch.payload[0]!);
    else await change;
  }
  reader.close();
  await spool.close();
});

test('damaged segments are kept for whoever wants to look, but not many', async () => {
  const damaged = new Map(files);
  for (let number = 100; number < 110; number++) {
    damaged.set(`000000000${number}-sightings.segment`, Buffer.alloc(500, 1));
  }
  const disk = createSimulatedDisk(createRandom(4), damaged);
  const spool = await open(disk);
  assert.equal(spool.health().lostDamage, 0);
  const kept = [...disk.contents().keys()].filter((name) => name.startsWith('damaged-'));
  assert.equal(kept.length, 4);
  await spool.close();
});
