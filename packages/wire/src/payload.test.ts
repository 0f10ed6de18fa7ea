import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ConnscanError, type Detection, OUTCOMES, type Sighting } from '@connscan/model';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { countRows, encodeDetections, encodeLosses, encodeSightings } from './encode-payload.ts';
import { MAX_BATCH_ROWS } from './limits.ts';
import { decodeDetections, decodeLosses, decodeSightings } from './payload.ts';

const sighting: Sighting = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  port: 22,
  outcome: 'reset',
  firstSeenMs: 1_700_000_000_000,
  lastSeenMs: 1_700_000_000_250,
  connections: 2,
};

const detection: Detection = {
  id: '00112233445566778899aabbccddeeff',
  revision: 1,
  model: 'connscan_internal_internal',
  alertType: 'start',
  severity: 'low',
  confidence: 'tentative',
  rule: 'threshold',
  threshold: 10,
  source: 'fd00::1',
  distinctServices: 10,
  distinctHosts: 2,
  distinctPorts: 5,
  failedServices: 0,
  slowServices: 10,
  habitualServices: 0,
  connections: { reset: 2, empty_close: 8, responder_reset: 0, refused: 0, unanswered: 0 },
  atLeast: false,
  firstSeenMs: 1_700_000_000_000,
  lastSeenMs: 1_700_000_000_250,
  startedMs: 1_700_000_000_250,
  topPorts: [{ port: 22, hosts: 2 }],
  samples: [
    {
      destination: 'fd00::2',
      port: 22,
      outcome: 'empty_close',
      firstSeenMs: 1_700_000_000_000,
      lastSeenMs: 1_700_000_000_250,
      connections: 1,
    },
  ],
  techniques: ['T1046'],
};

const attributedSighting: Sighting = {
  ...sighting,
  listener: { pid: 411, comm: 'sshd', exe: '/usr/sbin/sshd', unit: 'ssh.service' },
};

const attributedDetection: Detection = {
  ...detection,
  rule: 'cadence_broken',
  policyHash: '0123456789abcdef',
  source: 'fd00::',
  sourcePrefixBits: 64,
  process: {
    pid: 4711,
    startedMs: 1_699_999_999_000,
    comm: 'nmap',
    exe: '/usr/bin/nmap',
    parent: { pid: 4700, comm: 'bash' },
    uid: 1000,
    user: 'alice',
    cgroupId: '18446744073709551615',
    containerId: '0123456789abcdef'.repeat(4),
  },
  snapshot: {
    takenMs: 1_700_000_030_000,
    tree: [
      { pid: 4711, startedMs: 1_699_999_999_000, comm: 'nmap', exe: '/usr/bin/nmap', uid: 1000, user: 'alice' },
      { pid: 1, comm: 'systemd', commandLine: ['/sbin/init'] },
    ],
    commandLine: ['nmap', '-sT', '10.0.0.0/24'],
    exe: {
      path: '/usr/bin/nmap',
      sha256: 'fedcba9876543210'.repeat(4),
      deleted: false,
      package: 'nmap',
      sizeBytes: 2_960_000,
      modifiedMs: 1_690_000_000_000,
    },
    cwd: '/home/alice',
    user: 'alice',
    loginSession: { id: 3, uid: 1000, user: 'alice' },
    container: { id: '0123456789abcdef'.repeat(4), runtime: 'docker' },
    unknown: ['user: of a container'],
  },
};

const golden = new URL('../test/golden/', import.meta.url);

function badPayload(message: RegExp) {
  return (error: ConnscanError) => error.code === 'BAD_PAYLOAD' && message.test(error.message);
}

test('the golden payloads of every version decode', () => {
  const files = readdirSync(golden);
  assert.deepEqual(files, [
    'detections-2-process.hex',
    'detections-2.hex',
    'sightings-2-listener.hex',
    'sightings-2.hex',
  ]);
  const read = (file: string) => Buffer.from(readFileSync(new URL(file, golden), 'utf8').trim(), 'hex');
  assert.deepEqual(decodeDetections(read('detections-2.hex')), [detection]);
  assert.deepEqual(decodeDetections(read('detections-2-process.hex')), [attributedDetection]);
  assert.deepEqual(decodeSightings(read('sightings-2.hex')), [sighting]);
  assert.deepEqual(decodeSightings(read('sightings-2-listener.hex')), [attributedSighting]);
});

test('rows survive the way to bytes and back', () => {
  assert.deepEqual(decodeDetections(encodeDetections([detection, { ...detection, revision: 2 }])), [
    detection,
    { ...detection, revision: 2 },
  ]);
  fc.assert(
    fc.property(
      fc.array(fc.record({ port: fc.integer({ min: 1, max: 65535 }), outcome: fc.constantFrom(...OUTCOMES) })),
      (changes) => {
        const rows = changes.map((change) => ({ ...sighting, ...change }));
        assert.deepEqual(decodeSightings(encodeSightings(rows)), rows);
      },
    ),
  );
});

test('a payload that breaks the schema names the first field and counts the other problems', () => {
  const payload = encodeSightings([{ ...sighting, source: 'nowhere', port: 0 } as Sighting]);
  assert.throws(
    () => decodeSightings(payload),
    badPayload(/^0\.source: must be an IPv4 or IPv6 address \(and 1 more\)$/),
  );
});

test('a payload of another version, older or newer, is refused with both versions', () => {
  const payload = encodeSightings([sighting]);
  for (const version of [1, 9]) {
    payload[2] = version;
    const message = new RegExp(`version ${version} is unknown, this program reads 2`);
    assert.throws(() => decodeSightings(payload), badPayload(message));
  }
});

test('sightings sent as detections are refused', () => {
  assert.throws(() => decodeDetections(encodeSightings([sighting])), badPayload(/^0\./));
});

test('a small payload that claims millions of rows is refused before they are allocated', () => {
  assert.throws(
    () => decodeSightings(Uint8Array.of(0x63, 0x73, 2, 0xdd, 0x7f, 0xff, 0xff, 0xff)),
    badPayload(/must be msgpack/),
  );
});

test('a payload nested a hundred thousand deep is refused', () => {
  const payload = new Uint8Array(100_003).fill(0x91);
  payload.set([0x63, 0x73, 2]);
  assert.throws(() => decodeSightings(payload), badPayload(/must be msgpack/));
});

test('no bytes whatever do more than give BAD_PAYLOAD', () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.anything().map((value) => new Packr().pack(value)),
  );
  fc.assert(
    fc.property(body, (bytes) => {
      const payload = Uint8Array.of(0x63, 0x73, 2, ...bytes);
      try {
        assert.ok(Array.isArray(decodeSightings(payload)));
      } catch (error) {
        assert.equal((error as ConnscanError).code, 'BAD_PAYLOAD');
      }
    }),
    { numRuns: 2000 },
  );
});

test('one damaged byte in a payload gives rows or BAD_PAYLOAD, never another error', () => {
  const payload = encodeDetections([attributedDetection]);
  for (let at = 3; at < payload.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = Uint8Array.from(payload);
      damaged[at]! ^= flip;
      try {
        decodeDetections(damaged);
      } catch (error) {
        assert.equal((error as ConnscanError).code, 'BAD_PAYLOAD');
      }
    }
  }
});

test('the rows of a payload are counted without decoding it', () => {
  for (const rows of [0, 1, 15, 16, MAX_BATCH_ROWS]) {
    assert.equal(countRows(encodeSightings(Array.from({ length: rows }, () => sighting))), rows);
  }
});

test('a loss comes back as it was told, and one that names no range of numbers is refused', () => {
  const loss = { from: 3, through: 9, batches: 7, rows: 1400, reason: 'full' } as const;
  assert.deepEqual(decodeLosses(encodeLosses([loss])), [loss]);
  for (const wrong of [{ through: 2 }, { batches: 8 }, { from: 0 }]) {
    assert.throws(() => decodeLosses(encodeLosses([{ ...loss, ...wrong }])), { code: 'BAD_PAYLOAD' });
  }
});
