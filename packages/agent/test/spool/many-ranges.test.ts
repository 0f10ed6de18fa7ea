import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@connscan/lab';
import { openSpool, type Spool } from '../../src/spool/open-spool.ts';
import { createSimulatedDisk } from './simulated-disk.ts';

const PAIRS = 4000;
const AT_ONCE = 500;

const logger = { info() {}, warn() {}, error() {} };
const clock = { wallTimeMs: () => 1_700_000_000_000, afterMs: () => () => {} };

test('a cursor that cannot name every number lets the disk tell: nothing is lost, and nothing told as lost', async () => {
  const disk = createSimulatedDisk(createRandom(1));
  const randomUUID = () => '7f3f1c9e-32a5-4c5e-9f0e-0f6f6e1d2b3a';
  const open = (): Promise<Spool> => openSpool({ files: disk.boot(), clock, logger, randomUUID, maxBytes: 2 ** 21 });
  const first = await open();
  for (let pair = 0; pair < PAIRS; pair += AT_ONCE) {
    await Promise.all(
      Array.from({ length: 2 * AT_ONCE }, (_, i) =>
        first.append(i % 2 === 0 ? 'SIGHTINGS' : 'DETECTIONS', Buffer.alloc(30)),
      ),
    );
  }
  const detections = Array.from({ length: PAIRS }, (_, i) => 2 * i + 2);
  first.acknowledge(detections);
  await first.close();
  disk.die('power cut');

  const second = await open();
  const { appended, lostFull, lostDamage, waiting, acknowledged } = second.health();
  assert.deepEqual([appended, lostFull, lostDamage], [2 * PAIRS, 0, 0]);
  assert.equal(waiting + acknowledged, appended);
  const reader = second.openReader();
  const seqs = new Set<number>();
  for (let batch = await reader.next(); batch; batch = await reader.next()) seqs.add(batch.seq);
  for (let seq = 1; seq < 2 * PAIRS; seq += 2) assert.ok(seqs.has(seq));
  second.acknowledge([...seqs]);
  assert.equal(second.waiting(), 0);
  reader.close();
  await second.close();
});
