import type { Sensor } from '../store/find-sensors.ts';
import type { ClaimRow } from '../store/schema.ts';
import type { AgentRef } from './add-agents.ts';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';

/** Who saw a scan, and what each of them tells of it. */
export function addDetectionSensors(builder: Builder, enums: Enums, Agent: AgentRef) {
  const { AlertType, Confidence, EndReason, Rule, SensorSide, Severity } = enums;

  const DetectionSensor = builder.objectRef<Sensor>('DetectionSensor').implement({
    authScopes: { viewer: true },
    description:
      'An agent that saw connections of a scan, whether it detected it or not. Counts are the most that it saw within five minutes, or the day of a slow scan; null until its sightings have come.',
    fields: (t) => ({
      agent: t.field({
        type: Agent,
        description: 'The agent.',
        resolve: ({ agent_id }, _args, { agents }) => agents.load(agent_id),
      }),
      side: t.expose('side', {
        type: SensorSide,
        nullable: true,
        description: 'At which end its host is, by the addresses that it tells; null: at neither.',
      }),
      services: t.exposeInt('services', { nullable: true, description: 'Distinct pairs of host and port.' }),
      hosts: t.exposeInt('hosts', { nullable: true, description: 'Distinct hosts.' }),
      firstSeen: t.expose('first_seen', {
        type: 'DateTime',
        nullable: true,
        description: 'The first connection that it saw.',
      }),
      lastSeen: t.expose('last_seen', {
        type: 'DateTime',
        nullable: true,
        description: 'The last connection that it saw.',
      }),
    }),
  });

  const DetectionClaim = builder.objectRef<ClaimRow>('DetectionClaim').implement({
    authScopes: { viewer: true },
    description: 'What one agent, or the aggregator from the sightings of all, tells of a scan by its own count.',
    fields: (t) => ({
      id: t.exposeID('id', { description: '32 hexadecimal digits, those of the detection for its first claim.' }),
      agent: t.field({
        type: Agent,
        nullable: true,
        description: 'Who claims it; null: the aggregator itself, from the sightings of all agents.',
        resolve: ({ agent_id }, _args, { agents }) => (agent_id === null ? null : agents.load(agent_id)),
      }),
      revision: t.exposeInt('revision', { description: 'Number of its last alert, from 1.' }),
      alertType: t.expose('alert_type', { type: AlertType, description: 'Kind of its last alert.' }),
      severity: t.expose('severity', { type: Severity, description: 'How far the scan reaches.' }),
      confidence: t.expose('confidence', { type: Confidence, description: 'How sure it is.' }),
      rule: t.expose('rule', { type: Rule, description: 'Why it fired.' }),
      distinctServices: t.exposeInt('distinct_services', { description: 'Distinct pairs of host and port.' }),
      distinctHosts: t.exposeInt('distinct_hosts', { description: 'Distinct hosts.' }),
      failedServices: t.exposeInt('failed_services', {
        description: 'Distinct services that refused or did not answer.',
      }),
      startedAt: t.expose('started', { type: 'DateTime', description: 'When its threshold was crossed.' }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'Last connection that counts.' }),
      endedAt: t.expose('ended', { type: 'DateTime', nullable: true, description: 'When it ended; null while open.' }),
      endReason: t.expose('end_reason', {
        type: EndReason,
        nullable: true,
        description: 'Why it ended; null while open.',
      }),
    }),
  });

  return { DetectionSensor, DetectionClaim };
}
