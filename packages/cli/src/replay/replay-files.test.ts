import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Detection, parseAddress, policySchema } from '@connscan/model';
import { RECORD_BYTES, RECORD_FLAGS } from '@connscan/probe';
import { encodeRecordingHeader } from '@connscan/wire/recording';
import { type ConnLine, scanLines, toJson, toTsv } from '../../test/conn-log.ts';
import { replayFiles } from './replay-files.ts';

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-replay-'));
});

after(() => rm(directory, { recursive: true }));

/** These logs are shorter than a warm-up. */
const NO_WARM_UP = { models: { connscan_internal_internal: { warmUpSeconds: 0 } } };

/** What is found in files of these contents, by this policy. */
async function replay(contents: readonly (string | Uint8Array)[], policy: object = NO_WARM_UP) {
  const files = contents.map((_, index) => join(directory, `${index}.log`));
  for (const [index, content] of contents.entries()) await writeFile(files[index]!, content);
  const detections: Detection[] = [];
  const problems: string[] = [];
  const counts = await replayFiles({
    files,
    policy: policySchema.parse(policy),
    key: [1, 2],
    onDetection: (detection) => detections.push(detection),
    onProblem: (problem) => problems.push(problem.replace(`${directory}/`, '')),
  });
  return { detections, problems, counts };
}

test('a log is the same in any order of columns, as JSON, with either end of lines, packed, and in two files', async () => {
  const lines = scanLines(12);
  const tsv = toTsv(lines);
  const { detections: wanted } = await replay([tsv]);
  assert.deepEqual(
    wanted.map(({ source, distinctServices, endReason }) => [source, distinctServices, endReason]),
    [['10.0.0.66', 12, 'quiet']],
  );
  const reversed = (Object.keys(lines[0]!) as (keyof ConnLine)[]).toReversed();
  const halves = [toJson(lines.slice(0, 5)), toTsv(lines.slice(5))] as const;
  for (const contents of [
    [toTsv(lines, reversed)],
    [toJson(lines)],
    [tsv.replaceAll('\n', '\r\n')],
    [gzipSync(tsv)],
    [gzipSync(toJson(lines))],
    // A log that was packed in two parts.
    [Buffer.concat([gzipSync(halves[0]), gzipSync(halves[1])])],
    halves,
  ]) {
    assert.deepEqual((await replay(contents)).detections, wanted);
  }
});

test('an IPv6 scan is told of its address, and only once', async () => {
  const { detections } = await replay([toTsv(scanLines(12, 'fd00::66'))]);
  assert.deepEqual(
    detections.map(({ source, sourcePrefixBits }) => [source, sourcePrefixBits]),
    [['fd00::66', undefined]],
  );
});

test('lines out of order are the same scan, as long as they are within the rollup period', async () => {
  const lines = scanLines(12);
  const { detections: wanted } = await replay([toTsv(lines)]);
  const [first, ...others] = lines;
  const late = await replay([toTsv([...others.slice(0, 11), first!, ...others.slice(11)])]);
  assert.deepEqual(late.detections[0]?.samples, wanted[0]?.samples);
  assert.equal(late.counts.late, 0);
  const tooLate = await replay([toTsv([...others, first!])]);
  assert.equal(tooLate.counts.late, 1);
  assert.equal(tooLate.detections[0]?.distinctServices, 11);
  assert.equal((await replay([toTsv([...lines, { ...first!, ts: 1_500_000_000 }])])).counts.late, 1);
});

test('a health checker is recognised however fast its beat, in whatever order its ends are written', async () => {
  // Twelve services each second for a minute. A close is written five seconds after it, a reset at once.
  const checks = Array.from({ length: 60 }, (_, second) =>
    scanLines(12)
      .slice(0, 12)
      .map((line) => ({ ...line, ts: 1_700_000_000 + second, conn_state: 'SF', history: 'ShAFf' })),
  ).flat();
  const resets = checks.map(({ ts }) => ({ ...scanLines(1)[0]!, ts: ts + 5, 'id.orig_h': '10.0.0.7' }));
  const { detections } = await replay([toTsv(checks.flatMap((check, index) => [resets[index]!, check]))]);
  assert.deepEqual(
    detections.map(({ source, confidence, endReason }) => [source, confidence, endReason]),
    [['10.0.0.66', 'tentative', 'recognised_cadence']],
  );
});

test('every model at work looks at the connections between its sides, and at no others', async () => {
  const outwards = scanLines(12).map((line, host) => ({ ...line, 'id.resp_h': `198.51.100.${host}` }));
  const inwards = scanLines(12).map((line) => ({ ...line, 'id.orig_h': '203.0.113.9' }));
  const log = toTsv([...outwards.slice(0, 12), ...inwards]);
  const none = await replay([log]);
  assert.deepEqual(none.detections, []);
  assert.equal(none.counts.skipped['outside the sides of all models at work'], 24);
  const enabled = { connscan_internal_external: { enabled: true }, connscan_external_internal: { enabled: true } };
  const { detections } = await replay([log], { models: enabled });
  assert.deepEqual(detections.map(({ model, source }) => `${model} ${source}`).sort(), [
    'connscan_external_internal 203.0.113.9',
    'connscan_internal_external 10.0.0.66',
  ]);
});

test('a recording of the probe is the same scan, seen from either side', async () => {
  const lines = scanLines(12).slice(0, 12);
  const { detections: wanted } = await replay([toTsv(lines)]);
  assert.equal(wanted.length, 1);
  for (const side of ['active', 'passive'] as const) {
    assert.deepEqual((await replay([recordingOf(lines, side)])).detections, wanted, side);
  }
});

test('records whose originator is unknown, or that a narrower policy would not have let through, are left out', async () => {
  const lines = scanLines(12).slice(0, 12);
  const unknown = await replay([recordingOf(lines, 'unknown')]);
  assert.equal(unknown.counts.skipped['without a known originator'], 12);
  const spoke = recordingOf(
    lines.map((line) => ({ ...line, orig_bytes: 1 })),
    'active',
  );
  const { counts, problems } = await replay([spoke.subarray(0, -9)], { maxOriginatorBytes: 0 });
  assert.equal(counts.skipped['with data'], 11);
  assert.deepEqual(problems, ['0.log:12: the file ends within this record']);
});

test('a file that fails is told, and the next ones are read', async () => {
  const packed = gzipSync(toTsv(scanLines(12)));
  const damaged = Buffer.from(packed).fill(0xff, 20, 60);
  const { counts, problems, detections } = await replay([
    packed.subarray(0, -100),
    damaged,
    encodeRecordingHeader({ recordBytes: 64, wallOffsetMs: 0 }),
    toTsv(scanLines(12)),
  ]);
  assert.equal(counts.failedFiles, 3);
  assert.equal(problems[0], '0.log: unexpected end of file');
  assert.match(problems[1]!, /^1\.log: invalid/);
  assert.match(problems[2]!, /^2\.log: recording: has records of 64 bytes/);
  assert.equal(detections.length, 1);
});

/** Wall-clock time of the boot of the machine that recorded. */
const BOOT_MS = 1_699_000_000_000;

/** The same connections as the probe would record them, see bpf/connscan.h. */
function recordingOf(lines: readonly ConnLine[], side: 'active' | 'passive' | 'unknown'): Buffer {
  const known = side === 'unknown' ? 0 : RECORD_FLAGS.roleKnown;
  const [originator, responder] = side === 'passive' ? [24, 8] : [8, 24];
  const records = lines.map((line) => {
    const record = Buffer.alloc(RECORD_BYTES);
    record.writeBigUInt64LE(BigInt(Math.round((line.ts + line.duration) * 1000 - BOOT_MS)) * 1_000_000n, 0);
    record.set(parseAddress(line['id.orig_h'])!, originator);
    record.set(parseAddress(line['id.resp_h'])!, responder);
    record.writeUInt16LE(line['id.resp_p'], side === 'passive' ? 48 : 50);
    record.writeUInt8(1, 52);
    record.writeUInt8(known | (side === 'passive' ? 0 : RECORD_FLAGS.active), 53);
    record.writeUInt8(line.orig_bytes, 54);
    return record;
  });
  return Buffer.concat([encodeRecordingHeader({ recordBytes: RECORD_BYTES, wallOffsetMs: BOOT_MS }), ...records]);
}
