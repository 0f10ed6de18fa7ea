import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT_ID, detectionOf, detectionRowOf, OTHER_AGENT_ID, START_MS } from '../../test/rows.ts';
import type { DetectionFilter } from '../store/find-detections.ts';
import { matchesAlert } from './matches-alert.ts';

const alert = detectionRowOf(detectionOf({ topPorts: [{ port: 8080, hosts: 2 }] }));

test('an alert passes a filter when it passes each part', () => {
  const passing: DetectionFilter = {
    severity: ['low', 'high'],
    confidence: 'tentative',
    open: true,
    source: '10.0.0.1',
    model: 'connscan_internal_internal',
    agentId: AGENT_ID,
    since: new Date(START_MS + 250),
    until: new Date(START_MS + 251),
    target: '10.0.0.2',
    port: 22,
  };
  assert.ok(matchesAlert(alert, passing));
  assert.ok(matchesAlert(alert, {}));
  const failing: DetectionFilter[] = [
    { severity: ['high'] },
    { confidence: 'confirmed' },
    { open: false },
    { source: '10.0.0.2' },
    { model: 'other' },
    { agentId: OTHER_AGENT_ID },
    { since: new Date(START_MS + 251) },
    { until: new Date(START_MS + 250) },
    { target: '10.0.0.3' },
    { port: 23 },
    { target: '10.0.0.2', port: 8080 },
  ];
  for (const part of failing) assert.ok(!matchesAlert(alert, { ...passing, ...part }), JSON.stringify(part));
});

test('a port alone is found among the top ports too', () => {
  assert.ok(matchesAlert(alert, { port: 8080 }));
});
