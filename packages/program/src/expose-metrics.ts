import { Counter, Gauge, Registry } from 'prom-client';

/** The media type of what `exposeMetrics` writes. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** A number, or several by the value of the metric's label; nothing where it is not known. */
type Reading = number | Readonly<Record<string, number>> | null | undefined;

/** One metric of a program, and where it is read from its status. */
export type Metric<Status> = {
  /** Without the prefix. A counter ends in `_total`, a number with a unit in the unit. */
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly read: (status: Status) => Reading;
};

/**
 * The numbers of a status as Prometheus reads them, their names with `prefix` and `_` before. What is not known is left out,
 * and not told as 0.
 */
export function exposeMetrics<Status>(
  prefix: string,
  metrics: readonly Metric<Status>[],
  status: Status,
): Promise<string> {
  // A new one for each scrape, as the counting is done elsewhere: two scrapes at a time do not mix.
  const registry = new Registry();
  for (const metric of metrics) {
    const reading = metric.read(status);
    if (reading !== undefined && reading !== null) expose(prefix, metric, reading, registry);
  }
  return registry.metrics();
}

function expose<Status>(
  prefix: string,
  { name, help, label }: Metric<Status>,
  reading: NonNullable<Reading>,
  registry: Registry,
): void {
  const options = { name: `${prefix}_${name}`, help, labelNames: label ? [label] : [], registers: [registry] };
  const metric = name.endsWith('_total') ? new Counter(options) : new Gauge(options);
  if (typeof reading === 'number') metric.inc(reading);
  else for (const [value, number] of Object.entries(reading)) metric.inc({ [label!]: value }, number);
}
