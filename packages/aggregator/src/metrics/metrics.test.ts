import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exposeMetrics } from '@connscan/program';
import { METRICS } from './metrics.ts';
import type { AggregatorStatus } from './read-status.ts';

const status: AggregatorStatus = {
  ...{ version: '1.2.3', startedMs: 1_700_000_000_000, liveness: { live: 3, degraded: 0, silent: 1 }, sessions: 3 },
  ...{
    lagMs: 1500,
    subscriptions: 2,
    rollouts: { forecasting: 0, running: 0, paused: 1 },
    residentBytes: 1000,
    cpuUs: 2_500_000,
  },
  ingest: {
    batches: { committed: 7, duplicate: 1, rejected: 2 },
    ...{ sightings: 700, transactions: 5, transactionsMs: 250 },
  },
  correlation: {
    ...{ observed: 600, repeated: 100, uncorrelated: 0, late: 0, sources: 4, services: 40, episodes: 1 },
    ...{ evictedSources: 0, evictedServices: 9 },
  },
  outputs: [{ name: 'siem', state: 'failing', waiting: 12, failed: 1, delivered: 99 }],
};

const expose = () => exposeMetrics('connscan_aggregator', METRICS, status);

/** Each metric's name, type, label and help as Prometheus reads them. */
function described(text: string) {
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \1 (\S+)\n\1(?:\{(\w+)=)?/gm)].map(
    ([, name, help, type, label = '']) => ({ name, type, label, help }),
  );
}

test('docs/metrics.md has every metric that the aggregator exposes, and no other', async () => {
  const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(connscan_aggregator_\w+)` \| (\w+) \| (?:`(\w+)`)? ?\| (.*) \|$/gm)];
  const documented = rows.map(([, name, type, label = '', help]) => ({ name, type, label, help }));
  assert.deepEqual(documented, described(await expose()));
  assert.equal(documented.length, METRICS.length);
});

test('counters, gauges and labels have the numbers of the status', async () => {
  const lines = (await expose()).split('\n');
  for (const line of [
    'connscan_aggregator_info{version="1.2.3"} 1',
    'connscan_aggregator_agents{liveness="silent"} 1',
    'connscan_aggregator_agent_lag_seconds 1.5',
    'connscan_aggregator_batches_total{result="rejected"} 2',
    'connscan_aggregator_transactions_seconds_total 0.25',
    'connscan_aggregator_correlator_evictions_total{table="services"} 9',
    'connscan_aggregator_rollouts{state="paused"} 1',
    'connscan_aggregator_output_waiting{output="siem"} 12',
    'connscan_aggregator_output_failing{output="siem"} 1',
    'connscan_aggregator_cpu_seconds_total 2.5',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});
