import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { scanLines, toTsv } from './conn-log.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('../src/main.ts'));

/** Without a warm-up, as the logs of these tests are short. */
const POLICY = 'models: { connscan_internal_internal: { warmUpSeconds: 0 } }\n';

let directory: string;
let policy: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-replay-'));
  policy = await write('policy.yaml', POLICY);
});

after(() => rm(directory, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(directory, name), content);
  return join(directory, name);
}

async function replay(args: readonly string[], input?: string | Uint8Array) {
  const child = spawn(process.execPath, [PROGRAM, 'replay', ...args]);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr: stderr.replaceAll(`${directory}/`, '') };
}

type Answer = Record<string, unknown> & { readonly samples: readonly Record<string, unknown>[] };

/** The detections of a replay that goes well. */
async function detections(args: readonly string[], input?: string | Uint8Array): Promise<Answer[]> {
  const { code, stdout, stderr } = await replay(['--policy', policy, '--json', ...args], input);
  assert.equal(code, 0, stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('a scan in a conn.log is a detection that ended, as the aggregator would tell it', async () => {
  const [detection, ...others] = await detections([await write('scan.log', toTsv(scanLines(12)))]);
  assert.deepEqual(others, []);
  const { id, revision, policyHash, responses, samples, ...told } = detection!;
  assert.match(String(id), /^[0-9a-f]{32}$/);
  assert.deepEqual(told, {
    model: 'connscan_internal_internal',
    alertType: 'END',
    state: 'CLOSED',
    severity: 'LOW',
    confidence: 'CONFIRMED',
    rule: 'THRESHOLD',
    threshold: 10,
    endReason: 'QUIET',
    source: '10.0.0.66',
    sourcePrefixBits: null,
    ...{ distinctServices: 12, distinctHosts: 12, distinctPorts: 1, failedServices: 0, slowServices: 12 },
    habitualServices: 0,
    connections: [{ outcome: 'RESET', connections: 12 }],
    atLeast: false,
    firstSeen: '2023-11-14T22:13:20.250Z',
    lastSeen: '2023-11-14T22:13:31.250Z',
    startedAt: '2023-11-14T22:13:29.250Z',
    // Under ten services when the third one is a rollup period old, and then for another rollup period.
    endedAt: '2023-11-14T22:23:22.250Z',
    topPorts: [{ port: 80, hosts: 12, name: null }],
    techniques: ['T1046'],
    ...{ process: null, snapshot: null, agent: null, sensors: [], corroborated: null, triage: null },
  });
  assert.deepEqual(samples[0], {
    ...{ destination: '10.0.1.12', port: 80, outcome: 'RESET', connections: 1, listener: null },
    ...{ firstSeen: '2023-11-14T22:13:31.250Z', lastSeen: '2023-11-14T22:13:31.250Z' },
  });
});

test('from standard input, packed or not; a scan that the log ends with stays open, and by default is tentative, as after any cold start', async () => {
  const { stdout, stderr } = await replay([], gzipSync(toTsv(scanLines(12).slice(0, 12))));
  assert.match(stderr, /^12 connections looked at, 0 late, 0 ignored$/m);
  assert.match(stdout, /10\.0\.0\.66 +LOW +TENTATIVE +THRESHOLD +OPEN +1[012] +1[012] +80 /);
});

test('malformed lines are counted, the first five are shown with number and reason, and the others still count', async () => {
  const lines = toTsv(scanLines(12)).split('\n');
  const log = await write(
    'damaged.log',
    [
      ...lines.slice(0, 6),
      'x\ty',
      ...lines.slice(6, 9),
      '{"ts":',
      `\u0000\u001b[31m${'\t'.repeat(20)}`,
      'z'.repeat(200_000),
      ...['1', '2', '3'],
      ...lines.slice(9, -1),
      '170000',
    ].join('\n'),
  );
  const { code, stdout, stderr } = await replay(['--policy', policy, '--json', log]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).distinctServices, 12);
  assert.deepEqual(stderr.split('\n').slice(0, 5), [
    'damaged.log:7: fewer columns than #fields has',
    'damaged.log:11: is no JSON object of a conn.log',
    'damaged.log:12: duration: is no number of seconds',
    'damaged.log:13: longer than any line of a conn.log',
    'damaged.log:14: fewer columns than #fields has',
  ]);
  assert.equal(JSON.parse(stderr.trimEnd().split('\n').at(-1)!).malformed, 8);
});

test('bytes of any kind are malformed lines', async () => {
  const garbage = Buffer.from(Uint32Array.from({ length: 50_000 }, (_, i) => Math.imul(i + 1, 2_654_435_761)).buffer);
  const { code, stdout, stderr } = await replay([], garbage);
  assert.deepEqual([code, stdout], [0, 'no detections\n']);
  assert.match(stderr, /^-:1: no #fields line/);
});

test('a file that cannot be read to its end makes the exit code 1, wrong usage 2', async () => {
  const cut = await write('cut.gz', gzipSync(toTsv(scanLines(12))).subarray(0, -100));
  const failed = await replay(['--json', cut]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^cut\.gz: unexpected end of file$/m);
  const refused = await replay(['--threshold', 'many', '--colour']);
  assert.equal(refused.code, 2);
  assert.deepEqual(refused.stderr.trimEnd().split('\n'), [
    'BAD_USAGE: --colour: unknown, see replay --help',
    '--threshold: must be a whole number from 1 to 1024',
  ]);
});
