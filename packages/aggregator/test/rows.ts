import type { Detection, Listener, Process, Sighting, Snapshot } from '@connscan/model';

import { toClaim } from '../src/store/claim-row.ts';
import { foldClaims } from '../src/store/fold-claims.ts';
import type { DetectionRow } from '../src/store/schema.ts';

export const AGENT_ID = '11111111-1111-4111-8111-111111111111';
export const OTHER_AGENT_ID = '22222222-2222-4222-8222-222222222222';
export const EPOCH = '33333333-3333-4333-8333-333333333333';
/** A minute ago: lists of sightings are of the last day. */
export const START_MS = Math.floor(Date.now() / 1000) * 1000 - 60_000;

export function helloOf(agentId: string) {
  return {
    agentId,
    epoch: EPOCH,
    version: '0.1.0',
    hostname: 'host',
    kernel: '6.1.0',
    instance: '0b6f1f3e-52a5-4d8e-9c07-3f5b1d2a6c10',
    bootId: '3d3e0c0a-6c93-4f39-8b53-6f6f6a3bb2a1',
    policyHash: '0000000000000000',
    policyVersion: 0,
    addresses: [],
  };
}

export const health = {
  seen: 5_000_000_000,
  submitted: 4_000_000_000,
  reserveFailed: 0,
  recursionMisses: 0,
  filtered: { not_internal: 1_000_000_000 },
  processed: 4_000_000_000,
  spool: {
    appended: 12,
    acknowledged: 9,
    lostFull: 1,
    lostDamage: 0,
    waiting: 2,
    waitingBytes: 18_000,
    oldestAgeMs: 40,
    diskErrors: 0,
    durable: true,
  },
  resources: { rssBytes: 120_000_000, heapBytes: 20_000_000, cpuUs: 5_000_000, shedSnapshots: 0 },
  canary: { sent: 7, seen: 7 },
  clockAheadMs: 0,
  detector: {
    unknownOriginators: 1,
    observed: 3_999_999_999,
    sameAddress: 0,
    malformed: 0,
    late: 2,
    evictedSources: 0,
    evictedServices: 4,
    sightingsShed: 0,
    episodesPutOff: 0,
    workerDeaths: 0,
    recoveries: 0,
    snapshotsRefused: 1,
    sources: 700,
    services: 9000,
    episodes: 3,
    exceptionHits: { 'vulnerability scanner': 12 },
  },
};

export function sightingOf(change: Partial<Sighting> = {}): Sighting {
  return {
    source: '10.0.0.1',
    destination: '10.0.0.2',
    port: 22,
    outcome: 'reset',
    firstSeenMs: START_MS,
    lastSeenMs: START_MS + 250,
    connections: 1,
    ...change,
  };
}

/** The least that can be known of a process. */
export function processOf(change: Partial<Process> = {}): Process {
  return { pid: 70, startedMs: START_MS - 1000, comm: 'nmap', uid: 0, ...change };
}

export function snapshotOf(change: Partial<Snapshot> = {}): Snapshot {
  return { takenMs: START_MS + 500, tree: [{ pid: 70, comm: 'nmap' }], unknown: [], ...change };
}

export function listenerOf(change: Partial<Listener> = {}): Listener {
  return { pid: 411, comm: 'sshd', ...change };
}

/** An id of 32 digits that ends with the number. */
export function idOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

export function detectionOf(change: Partial<Detection> = {}): Detection {
  return {
    id: idOf(1),
    revision: 1,
    model: 'connscan_internal_internal',
    alertType: 'start',
    severity: 'low',
    confidence: 'tentative',
    rule: 'threshold',
    threshold: 10,
    source: '10.0.0.1',
    distinctServices: 10,
    distinctHosts: 2,
    distinctPorts: 5,
    failedServices: 0,
    slowServices: 12,
    habitualServices: 3,
    connections: { reset: 10, empty_close: 1, responder_reset: 0, refused: 0, unanswered: 0 },
    atLeast: false,
    firstSeenMs: START_MS,
    lastSeenMs: START_MS + 250,
    startedMs: START_MS + 250,
    topPorts: [{ port: 22, hosts: 2 }],
    samples: [
      {
        destination: '10.0.0.2',
        port: 22,
        outcome: 'reset',
        firstSeenMs: START_MS,
        lastSeenMs: START_MS + 250,
        connections: 1,
      },
    ],
    techniques: ['T1046'],
    ...change,
  };
}

/** An alert of one agent as the detection that it makes alone. */
export function detectionRowOf(alert: Detection): DetectionRow {
  return { ...foldClaims(alert.id, [toClaim(AGENT_ID, alert)]), agent_ids: [AGENT_ID] };
}
