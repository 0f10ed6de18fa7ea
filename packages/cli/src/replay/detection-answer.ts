import { type Detection, OUTCOMES, responseCommands } from '@connscan/model';
import type { Detection as Answer } from '../answers.ts';

/**
 * A detection in the words in which the aggregator answers, so that both print alike. A file knows no process, no agent and
 * nobody's judgement, and the names of ports are known to the aggregator.
 */
export function detectionAnswer(detection: Detection): Answer {
  const { alertType, severity, confidence, rule, endReason, sourcePrefixBits, connections, topPorts, samples } =
    detection;
  const { firstSeenMs, lastSeenMs, startedMs, endedMs, ...rest } = detection;
  return {
    ...rest,
    alertType: alertType.toUpperCase(),
    state: alertType === 'end' ? 'CLOSED' : 'OPEN',
    severity: severity.toUpperCase(),
    confidence: confidence.toUpperCase(),
    rule: rule.toUpperCase(),
    endReason: endReason?.toUpperCase() ?? null,
    sourcePrefixBits: sourcePrefixBits ?? null,
    connections: OUTCOMES.filter((outcome) => connections[outcome]).map((outcome) => ({
      outcome: outcome.toUpperCase(),
      connections: connections[outcome],
    })),
    ...{ firstSeen: timeOf(firstSeenMs), lastSeen: timeOf(lastSeenMs), startedAt: timeOf(startedMs) },
    endedAt: endedMs === undefined ? null : timeOf(endedMs),
    topPorts: topPorts.map((port) => ({ ...port, name: null })),
    samples: samples.map(({ outcome, firstSeenMs, lastSeenMs, ...service }) => ({
      ...service,
      outcome: outcome.toUpperCase(),
      firstSeen: timeOf(firstSeenMs),
      lastSeen: timeOf(lastSeenMs),
      listener: null,
    })),
    responses: responseCommands(detection),
    ...{ process: null, snapshot: null, agent: null, sensors: [], corroborated: null, triage: null },
  } as Answer;
}

function timeOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
