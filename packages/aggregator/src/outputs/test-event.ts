import { type DetectionEvent, toDetectionEvent } from './detection-event.ts';

/** An alert as a real scan would give it, by which an output is tried. Its addresses are those kept for documentation. */
export function testEvent(at: Date, id: string): DetectionEvent {
  const sample = { destination: '192.0.2.2', port: 22, outcome: 'reset', connections: 1 } as const;
  return toDetectionEvent(
    {
      ...{ id, revision: 1, agent_id: null, agent_ids: [], model: 'connscan_internal_internal', policy_hash: null },
      ...{ alert_type: 'start', severity: 'low', confidence: 'tentative', rule: 'threshold', threshold: 10 },
      ...{ source: '192.0.2.1', source_prefix_bits: null, first_seen: at, last_seen: at, started: at, ended: null },
      ...{ distinct_services: 10, distinct_hosts: 10, distinct_ports: 1, failed_services: 0, at_least: false },
      ...{ end_reason: null, slow_services: null, habitual_services: null, process: null, snapshot: null },
      details: {
        topPorts: [{ port: 22, hosts: 10 }],
        samples: [{ ...sample, firstSeenMs: at.getTime(), lastSeenMs: at.getTime() }],
        techniques: ['T1046'],
      },
    },
    [],
  );
}
