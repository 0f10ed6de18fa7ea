import { Counter, Gauge, Registry } from 'prom-client';
import type { StatusAnswer } from './agent-status.ts';
import { METRICS, type Metric, type Reading } from './metrics.ts';

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The numbers of a status as Prometheus reads them. What the agent does not know is left out, and not told as 0. */
export function exposeMetrics(status: StatusAnswer): Promise<string> {
  // A new one for each scrape, as the counting is done elsewhere: two scrapes at a time do not mix.
  const registry = new Registry();
  for (const metric of METRICS) {
    const reading = metric.read(status);
    if (reading !== undefined && reading !== null) expose(metric, reading, registry);
  }
  return registry.metrics();
}

function expose({ name, help, label }: Metric, reading: NonNullable<Reading>, registry: Registry): void {
  const options = { name: `connscan_agent_${name}`, help, labelNames: label ? [label] : [], registers: [registry] };
  const metric = name.endsWith('_total') ? new Counter(options) : new Gauge(options);
  if (typeof reading === 'number') metric.inc(reading);
  else for (const [value, number] of Object.entries(reading)) metric.inc({ [label!]: value }, number);
}
