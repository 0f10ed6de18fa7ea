import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeSnapshot, encodeSnapshot, type SnapshotSubject } from './shard-snapshot.ts';
import { createSnapshotFiles, type SnapshotFilesOptions } from './snapshot-files.ts';

const MODEL = 'connscan_internal_internal';
const BOOT = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const subject: SnapshotSubject = { model: MODEL, shard: 1, shards: 2, bootId: BOOT };
const TABLES = Uint8Array.from({ length: 10_000 }, (_, at) => (at * at) & 0xff);

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(directory, { recursive: true }));

/** The files of an agent, and why it refused some. */
function createFiles(change: Partial<SnapshotFilesOptions> = {}) {
  const reasons: string[] = [];
  const keep = ({ reason }: { readonly reason?: string }) => void reasons.push(reason!);
  const logger = { info: () => {}, warn: keep, error: keep };
  const files = createSnapshotFiles({ directory, bootId: BOOT, shards: 2, logger, ...change });
  return { ...files, take: (shard = 1, bytes = TABLES.length) => files.read(MODEL, shard, bytes, (it) => it), reasons };
}

test('what was written is read again, the latest of it, and nothing is left beside it', async () => {
  const files = createFiles();
  await files.write(MODEL, 1, new Uint8Array(10_000));
  await files.write(MODEL, 1, TABLES);
  assert.deepEqual(Uint8Array.from((await files.take())!), TABLES);
  assert.deepEqual(await readdir(directory), [`detector-${MODEL}-1.snapshot`]);
  // It has the secret key of the tables.
  assert.equal((await stat(join(directory, `detector-${MODEL}-1.snapshot`))).mode & 0o777, 0o600);
});

test('a shard without a file starts cold, and that is no refusal', async () => {
  const files = createFiles();
  assert.equal(await files.take(0), undefined);
  assert.equal(files.refused(), 0);
});

test('a snapshot of another boot, of other shards or of larger tables is refused with the reason', async () => {
  await createFiles().write(MODEL, 1, TABLES);
  const boot = createFiles({ bootId: BOOT.replace('6', '7') });
  const divided = createFiles({ shards: 3 });
  const sized = createFiles();
  assert.deepEqual([await boot.take(), await divided.take(), await sized.take(1, 5000)], Array(3).fill(undefined));
  assert.deepEqual(
    [boot, divided, sized].flatMap(({ reasons }) => reasons),
    [
      'snapshot: is of another boot',
      'snapshot: is of shard 1 of 2, wanted 1 of 3',
      'snapshot: has larger tables than this program',
    ],
  );
  assert.equal(sized.refused(), 1);
});

test('tables that the detector does not take are refused like a damaged file', async () => {
  const files = createFiles();
  await files.write(MODEL, 1, TABLES);
  const restore = () => {
    throw new Error('not a detector shard of version 9');
  };
  assert.equal(await files.read(MODEL, 1, TABLES.length, restore), undefined);
  assert.deepEqual([files.refused(), files.reasons], [1, ['not a detector shard of version 9']]);
});

test('a file of a later version, of another model or of another kind is refused', async () => {
  const file = Buffer.from(await encodeSnapshot(TABLES, subject));
  const later = Buffer.from(file);
  later[5] = 2;
  assert.throws(() => decodeSnapshot(later, subject, TABLES.length), {
    code: 'BAD_PAYLOAD',
    message: /version 2, this/,
  });
  const foreign = { ...subject, model: 'connscan_external_internal' } as const;
  assert.throws(() => decodeSnapshot(file, foreign, TABLES.length), { code: 'BAD_PAYLOAD', message: /another model/ });
  for (const other of [Buffer.alloc(0), Buffer.from('agent-id'), Buffer.alloc(10_000)]) {
    assert.throws(() => decodeSnapshot(other, subject, TABLES.length), { code: 'BAD_PAYLOAD', message: /no snapshot/ });
  }
});

test('a file with any one bit flipped, or cut at any place, is refused', async () => {
  const file = await encodeSnapshot(TABLES.subarray(0, 300), subject);
  assert.deepEqual(Uint8Array.from(decodeSnapshot(file, subject, 300)), TABLES.subarray(0, 300));
  for (let at = 0; at < file.length; at++) {
    assert.throws(() => decodeSnapshot(file.subarray(0, at), subject, 300), { code: 'BAD_PAYLOAD' });
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Uint8Array.from(file);
      flipped[at]! ^= 1 << bit;
      assert.throws(() => decodeSnapshot(flipped, subject, 300), { code: 'BAD_PAYLOAD' });
    }
  }
});

test('a snapshot that cannot be written leaves the last one, and the agent goes on', async () => {
  const files = createFiles({ directory: join(directory, 'gone') });
  await files.write(MODEL, 1, TABLES);
  assert.match(files.reasons[0]!, /ENOENT/);
  const file = join(directory, `detector-${MODEL}-1.snapshot`);
  await writeFile(file, 'rubbish');
  assert.equal(await createFiles().take(), undefined);
  assert.equal(await readFile(file, 'utf8'), 'rubbish');
});
