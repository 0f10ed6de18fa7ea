import { exposeMetrics } from '@connscan/program';
import type { StatusAnswer } from './agent-status.ts';
import { METRICS } from './metrics.ts';

/** The numbers of a status as Prometheus reads them. */
export function exposeAgentMetrics(status: StatusAnswer): Promise<string> {
  return exposeMetrics('connscan_agent', METRICS, status);
}
