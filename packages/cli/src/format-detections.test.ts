import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detection } from './answers.ts';
import { formatAlert, formatDetections } from './format-detections.ts';

const detection: Detection = {
  id: '00112233445566778899aabbccddeeff',
  revision: 2,
  alertType: 'ONGOING',
  state: 'OPEN',
  severity: 'MEDIUM',
  confidence: 'CONFIRMED',
  rule: 'CORROBORATED',
  source: '10.0.0.1',
  sourcePrefixBits: null,
  distinctServices: 1024,
  distinctHosts: 4,
  atLeast: true,
  startedAt: '2026-01-31T12:00:00.000Z',
  lastSeen: '2026-01-31T12:00:05.000Z',
  topPorts: [22, 80, 443, 445, 3389, 5432].map((port) => ({ port, hosts: 4 })),
  techniques: ['T1046'],
  process: { pid: 4711, comm: 'nm\u001bap' },
  agent: { id: 'x', hostname: 'web\u001b[31m1' },
};

test('a detection is one line, a capped count is a lower bound, and ports beyond five are cut', () => {
  const [, line] = formatDetections([detection]).split('\n');
  assert.equal(
    line,
    '2026-01-31T12:00:00.000Z  10.0.0.1  MEDIUM    CONFIRMED   CORROBORATED  OPEN   ≥ 1024    4      22 80 443 445 3389 …  nm?ap 4711  web?[31m1  00112233445566778899aabbccddeeff',
  );
});

test('a scan whose process is unknown has a question mark in its place', () => {
  const [, line] = formatDetections([{ ...detection, process: null }]).split('\n');
  assert.match(line!, /3389 … {2}\? {8}web/);
});

test('a /64 is shown as the range it is', () => {
  const prefixed = { ...detection, source: 'fd00::', sourcePrefixBits: 64 };
  assert.match(formatDetections([prefixed]), / fd00::\/64 /);
  assert.match(formatAlert(prefixed), / fd00::\/64: /);
});

test('nothing found is said', () => {
  assert.equal(formatDetections([]), 'no detections\n');
});

test('an alert is one line without control characters', () => {
  assert.equal(
    formatAlert(detection),
    '2026-01-31T12:00:05.000Z ONGOING MEDIUM CONFIRMED CORROBORATED 10.0.0.1: ≥ 1024 services on 4 hosts, ports 22 80 443 445 3389 …, process nm?ap 4711, seen by web?[31m1 (T1046)\n',
  );
});
