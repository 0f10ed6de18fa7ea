import type { AgentStatus } from '../src/status/agent-status.ts';

/** The time of every status of the tests. */
export const NOW_MS = 1_800_000_000_000;

/** A healthy agent that knows everything, but for what is given. */
export function agentStatus(different: Partial<AgentStatus> = {}): AgentStatus {
  return {
    agentId: '6f6f0d3e-8d8a-4a44-9d0c-1f0f0f0f0f0f',
    version: '1.2.3',
    pid: 4711,
    startedMs: NOW_MS - 7_200_000,
    session: { state: 'connected', sinceMs: NOW_MS - 3_600_000, lastAckMs: NOW_MS - 1000 },
    policy: { version: 7, hash: 'abcdef', progress: 'APPLIED', notes: [] },
    certificate: { expiresMs: NOW_MS + 20 * 86_400_000 },
    unavailable: [],
    canaryMissed: 0,
    shedding: [],
    health: {
      seen: 1000,
      submitted: 100,
      reserveFailed: 0,
      recursionMisses: 0,
      filtered: { transition: 700, loopback: 200 },
      processed: 90,
      detector: {
        unknownOriginators: 1,
        observed: 89,
        sameAddress: 0,
        malformed: 0,
        late: 2,
        evictedSources: 0,
        evictedServices: 3,
        sightingsShed: 0,
        episodesPutOff: 0,
        workerDeaths: 0,
        recoveries: 0,
        snapshotsRefused: 0,
        sources: 5,
        services: 25,
        episodes: 1,
        exceptionHits: { 'the "weekly" scanner': 12 },
      },
      spool: {
        appended: 50,
        acknowledged: 48,
        lostFull: 0,
        lostDamage: 0,
        waiting: 2,
        waitingBytes: 3 * 2 ** 20,
        oldestAgeMs: 1500,
        diskErrors: 0,
        durable: true,
      },
      resources: { rssBytes: 100 * 2 ** 20, heapBytes: 20 * 2 ** 20, cpuUs: 12_340_000, shedSnapshots: 0 },
      canary: { sent: 1440, seen: 1440 },
      clockAheadMs: 0,
    },
    ...different,
  };
}
