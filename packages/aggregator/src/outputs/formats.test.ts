import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectionOf, detectionRowOf, processOf } from '../../test/rows.ts';
import { toDetectionEvent } from './detection-event.ts';
import { formatEvent } from './format-event.ts';
import { testEvent } from './test-event.ts';
import { toCef } from './to-cef.ts';
import { toOcsf } from './to-ocsf.ts';

type Change = Parameters<typeof detectionOf>[0];

const eventOf = (change: Change = {}, hostname = 'web1') =>
  toDetectionEvent(detectionRowOf(detectionOf(change)), [{ id: '1', hostname }]);

/** Of OCSF 1.3.0: what the class Detection Finding, and each object that we use, calls required. */
const REQUIRED = {
  detection_finding: [
    ...['activity_id', 'category_uid', 'class_uid', 'finding_info', 'metadata', 'severity_id', 'time', 'type_uid'],
  ],
  finding_info: ['title', 'uid'],
  metadata: ['product', 'version'],
  product: ['vendor_name'],
  analytic: ['type_id'],
  connection_info: ['direction_id'],
  file: ['name', 'type_id'],
  observable: ['name', 'type_id'],
  remediation: ['desc'],
} as const;

function assertHas(object: object, type: keyof typeof REQUIRED): void {
  for (const field of REQUIRED[type]) assert.ok(field in object, `${type}.${field}`);
}

test('an OCSF event has every field that its class and objects require', () => {
  const event = toOcsf(eventOf({ process: processOf({ exe: '/usr/bin/nmap', user: 'root' }) }), '1.2.3');
  assertHas(event, 'detection_finding');
  assertHas(event.finding_info, 'finding_info');
  assertHas(event.metadata, 'metadata');
  assertHas(event.metadata.product, 'product');
  assertHas(event.finding_info.analytic, 'analytic');
  assertHas(event.remediation, 'remediation');
  assertHas(event.observables[0]!, 'observable');
  const [evidence] = event.evidences;
  assertHas(evidence!.connection_info!, 'connection_info');
  assertHas(evidence!.process!.file!, 'file');
  assert.deepEqual(evidence!.src_endpoint, { ip: '10.0.0.1' });
  assert.deepEqual(evidence!.dst_endpoint, { ip: '10.0.0.2', port: 22 });
  assert.deepEqual(event.finding_info.attacks, [
    { technique: { uid: 'T1046', name: 'Network Service Discovery' }, tactic: { uid: 'TA0007', name: 'Discovery' } },
  ]);
});

test('the first alert creates a finding, others update it, the end closes it', () => {
  const told = (['start', 'ongoing', 'end'] as const).map((alertType) => {
    const { activity_id, type_uid, status_id, class_uid } = toOcsf(eventOf({ alertType }), '1.2.3');
    return { activity_id, type_uid, status_id, class_uid };
  });
  assert.deepEqual(told, [
    { activity_id: 1, type_uid: 200401, status_id: 1, class_uid: 2004 },
    { activity_id: 2, type_uid: 200402, status_id: 2, class_uid: 2004 },
    { activity_id: 3, type_uid: 200403, status_id: 4, class_uid: 2004 },
  ]);
});

test('severity and confidence have the numbers of OCSF', () => {
  const high = toOcsf(eventOf({ severity: 'high', confidence: 'confirmed' }), '1.2.3');
  assert.deepEqual([high.severity_id, high.severity, high.confidence_id, high.confidence], [4, 'High', 3, 'High']);
  const low = toOcsf(eventOf(), '1.2.3');
  assert.deepEqual([low.severity_id, low.confidence_id], [2, 1]);
});

test('the event has the words and names of GraphQL', () => {
  const { alertType, state, rule, samples, responses, sensors } = eventOf();
  assert.deepEqual([alertType, state, rule], ['START', 'OPEN', 'THRESHOLD']);
  assert.equal(samples[0]!.outcome, 'RESET');
  assert.equal(responses.length, 2);
  assert.deepEqual(sensors, [{ id: '1', hostname: 'web1' }]);
});

/** CEF as its specification says how to read it. */
function parseCef(line: string) {
  const fields = line.split(/(?<!(?<!\\)(?:\\\\)*\\)\|/);
  const header = fields.slice(0, 7).map((field) => field.replaceAll(/\\([\\|])/g, '$1'));
  const extension: Record<string, string> = {};
  for (const [, key, value] of fields
    .slice(7)
    .join('|')
    .matchAll(/(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)/gs)) {
    extension[key!] = value!.replaceAll(/\\([\\=nr])/g, (_, one) => ({ n: '\n', r: '\r' })[one as string] ?? one);
  }
  return { header, extension };
}

test('CEF carries pipes, equal signs, backslashes and line ends of foreign text unharmed', () => {
  const exe = '/tmp/a|b=c\\d\ne f=g';
  const line = toCef(eventOf({ process: processOf({ exe }) }, 'host=1|2'), '1|2\\3');
  assert.doesNotMatch(line, /\n/);
  const { header, extension } = parseCef(line);
  assert.deepEqual(header.slice(0, 5), ['CEF:0', 'connscan', 'connscan', '1|2\\3', 'connscan_internal_internal']);
  assert.equal(header[6], '3');
  assert.equal(extension.sproc, exe);
  assert.equal(extension.cs5, 'host=1|2');
  assert.deepEqual([extension.src, extension.dst, extension.dpt], ['10.0.0.1', '10.0.0.2', '22']);
});

test('an IPv6 source has the field that CEF keeps for it', () => {
  const { extension } = parseCef(toCef(eventOf({ source: 'fd00::1' }), '1'));
  assert.deepEqual([extension.src, extension.c6a2], [undefined, 'fd00::1']);
});

test('every format is one line, of the test event too', () => {
  for (const format of ['connscan', 'ocsf', 'cef'] as const) {
    assert.doesNotMatch(formatEvent(testEvent(new Date(0), '0'.repeat(32)), format), /\n/);
  }
});
