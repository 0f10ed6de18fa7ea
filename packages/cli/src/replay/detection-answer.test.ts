import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FieldNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { DETECTIONS } from '../documents.ts';
import { detectionAnswer } from './detection-answer.ts';

const ANSWER = detectionAnswer({
  ...{ id: '00112233445566778899aabbccddeeff', revision: 3, model: 'connscan_internal_internal', alertType: 'end' },
  ...{ severity: 'medium', confidence: 'confirmed', rule: 'threshold', threshold: 25, policyHash: '0123456789abcdef' },
  ...{ endReason: 'quiet', source: 'fd00::', sourcePrefixBits: 64, distinctServices: 30, distinctHosts: 3 },
  ...{ distinctPorts: 10, failedServices: 2, slowServices: 31, habitualServices: 1, atLeast: false },
  connections: { reset: 40, empty_close: 0, responder_reset: 0, refused: 2, unanswered: 0 },
  ...{ firstSeenMs: 1000, lastSeenMs: 2000, startedMs: 1500, endedMs: 602_000 },
  topPorts: [{ port: 80, hosts: 3 }],
  samples: [
    { destination: 'fd00::1', port: 80, outcome: 'empty_close', firstSeenMs: 1000, lastSeenMs: 2000, connections: 2 },
  ],
  techniques: ['T1046'],
});

/** The fields that the client asks the aggregator for; of these fields of a detection, if given. */
function askedFor(field?: string): string[] {
  const fragment = parse(DETECTIONS).definitions.find(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)!;
  const fieldsOf = (set: SelectionSetNode) => set.selections as readonly FieldNode[];
  const fields = fieldsOf((fragment as { readonly selectionSet: SelectionSetNode }).selectionSet);
  const chosen = field ? fieldsOf(fields.find(({ name }) => name.value === field)!.selectionSet!) : fields;
  return chosen.map(({ name }) => name.value).sort();
}

test('a replayed detection has the very fields of one that the aggregator tells', () => {
  const answer = ANSWER as unknown as Record<string, readonly object[]>;
  assert.deepEqual(Object.keys(answer).sort(), askedFor());
  for (const list of ['topPorts', 'samples', 'connections']) {
    assert.deepEqual(Object.keys(answer[list]![0]!).sort(), askedFor(list), list);
  }
});

test('words are those of GraphQL, times are ISO 8601, and outcomes that never happened are left out', () => {
  const { alertType, state, severity, sourcePrefixBits, startedAt } = ANSWER;
  assert.deepEqual(
    [alertType, state, severity, sourcePrefixBits, startedAt],
    ['END', 'CLOSED', 'MEDIUM', 64, '1970-01-01T00:00:01.500Z'],
  );
  assert.deepEqual((ANSWER as unknown as { connections: unknown }).connections, [
    { outcome: 'RESET', connections: 40 },
    { outcome: 'REFUSED', connections: 2 },
  ]);
});
