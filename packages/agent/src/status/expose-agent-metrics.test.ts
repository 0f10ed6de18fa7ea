import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { agentStatus, NOW_MS } from '../../test/agent-status.ts';
import { exposeAgentMetrics } from './expose-agent-metrics.ts';

const whole = { ...agentStatus(), atMs: NOW_MS, problems: ['one'] };

/** Each metric's name, type, labels and help as Prometheus reads them. */
function described(text: string) {
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \1 (\S+)\n\1(?:\{(\w+)=)?/gm)].map(
    ([, name, help, type, label = '']) => ({
      name,
      type,
      label,
      help,
    }),
  );
}

test('docs/metrics.md has every metric that the agent exposes, and no other', async () => {
  const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(connscan_agent_\w+)` \| (\w+) \| (?:`(\w+)`)? ?\| (.*) \|$/gm)];
  const documented = rows.map(([, name, type, label = '', help]) => ({ name, type, label, help }));
  assert.deepEqual(documented, described(await exposeAgentMetrics(whole)));
  assert.ok(documented.length > 30);
});

test('counters, gauges and labels have the numbers of the status', async () => {
  const lines = (await exposeAgentMetrics(whole)).split('\n');
  for (const line of [
    'connscan_agent_info{version="1.2.3"} 1',
    'connscan_agent_problems 1',
    'connscan_agent_kernel_events_total 1000',
    'connscan_agent_kernel_events_filtered_total{reason="loopback"} 200',
    'connscan_agent_ring_records 10',
    'connscan_agent_detector_exception_hits_total{exception="the \\"weekly\\" scanner"} 12',
    'connscan_agent_spool_oldest_age_seconds 1.5',
    'connscan_agent_cpu_seconds_total 12.34',
    'connscan_agent_session_connected 1',
    'connscan_agent_clock_ahead_seconds 0',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('what the agent does not know is left out, not told as 0', async () => {
  const text = await exposeAgentMetrics({ ...whole, certificate: undefined });
  assert.doesNotMatch(text, /certificate/);
  assert.match(text, /^connscan_agent_kernel_events_total 1000$/m);
});

test('two scrapes at a time do not mix', async () => {
  const other = { ...whole, health: { ...whole.health, seen: 5 } };
  const [first, second] = await Promise.all([exposeAgentMetrics(whole), exposeAgentMetrics(other)]);
  assert.match(first, /^connscan_agent_kernel_events_total 1000$/m);
  assert.match(second, /^connscan_agent_kernel_events_total 5$/m);
});
