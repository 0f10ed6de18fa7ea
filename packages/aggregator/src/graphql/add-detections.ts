import { type Detection, responseCommands, type Sighting } from '@connscan/model';
import type { LiveDetection } from '../live/live-detections.ts';
import { matchesAlert } from '../live/matches-alert.ts';
import {
  DETECTION_ORDERS,
  type DetectionOrder,
  type DetectionPosition,
  positionOf,
  valuesIn,
} from '../store/detection-order.ts';
import { findDetection, findDetections, type TimelineRow } from '../store/find-detections.ts';
import { isCorroborated } from '../store/find-sensors.ts';
import type { DetectionRow } from '../store/schema.ts';
import type { AgentRef } from './add-agents.ts';
import { addDetectionFilter, toDetectionFilter } from './add-detection-filter.ts';
import { addDetectionSensors } from './add-detection-sensors.ts';
import { listCounts, type OutcomeCountRef } from './add-outcome-count.ts';
import { addProcesses, type ProcessTypes } from './add-processes.ts';
import { addTriage, addTriageTypes, type TriageTypes } from './add-triage.ts';
import type { Builder } from './builder.ts';
import { type Enums, named } from './enums.ts';
import { type Order, resolvePage } from './paging.ts';
import { portName } from './port-name.ts';
import { InvalidInput } from './user-error.ts';

const DETECTION_ID = /^[0-9a-f]{32}$/;

const ORDERS = {
  newest: 'The latest start first.',
  oldest: 'The earliest start first.',
  last_seen: 'What was seen last first. One that goes on meanwhile moves to the front, and is on no later page.',
  severity: 'The highest severity first, and of one severity the latest start.',
} as const;

/** Before the numbers of a cursor: those of another order are refused. */
const PREFIXES: Readonly<Record<DetectionOrder, string>> = {
  newest: '',
  oldest: '',
  last_seen: 'seen ',
  severity: 'severity ',
};

function placesIn(order: DetectionOrder): Order<DetectionRow, DetectionPosition> {
  const prefix = PREFIXES[order];
  const pattern = new RegExp(`^${prefix}((?:\\d{1,13} ){${valuesIn(order)}})([0-9a-f]{32})$`);
  return {
    textOf(row) {
      const { values, id } = positionOf(order, row);
      return `${prefix}${values.join(' ')} ${id}`;
    },
    parse(text) {
      const [, values, id] = pattern.exec(text) ?? [];
      return values && id ? { values: values.trim().split(' ').map(Number), id } : undefined;
    },
  };
}

/** Detections by their start, the latest first. */
export const byStart = placesIn('newest');

export function addDetections(builder: Builder, enums: Enums, Agent: AgentRef, OutcomeCount: OutcomeCountRef) {
  const processTypes = addProcesses(builder);
  const triage = addTriageTypes(builder);
  const Detection = addDetectionType(builder, { enums, Agent, OutcomeCount, triage, processTypes });
  addTriage(builder, Detection, triage);
  const filter = {
    type: addDetectionFilter(builder, enums, triage),
    description: 'Which detections; all if left out.',
  };

  const DetectionOrderType = builder.enumType('DetectionOrder', {
    description: 'In which order detections are listed; of those that are equal in it, by their ids.',
    values: named(DETECTION_ORDERS, ORDERS),
  });

  builder.queryField('detections', (t) =>
    t.connection(
      {
        type: Detection,
        authScopes: { viewer: true },
        description: 'Detections, latest start first unless another order is asked for.',
        args: {
          filter: t.arg(filter),
          order: t.arg({ type: DetectionOrderType, description: 'Which comes first; NEWEST if left out.' }),
        },
        resolve(_root, args, { db }) {
          const wanted = toDetectionFilter(args.filter);
          const order = args.order ?? 'newest';
          return resolvePage(args, placesIn(order), (page) => findDetections(db, wanted, page, order));
        },
      },
      { name: 'DetectionConnection', description: 'A page of detections.' },
      { name: 'DetectionEdge', description: 'A detection and its place.' },
    ),
  );

  builder.queryField('detection', (t) =>
    t.field({
      type: Detection,
      nullable: true,
      authScopes: { viewer: true },
      description: 'One detection; null if there is none of this id.',
      args: { id: t.arg.id({ required: true, description: 'The id: 32 lower-case hexadecimal digits.' }) },
      async resolve(_root, { id }, { db }) {
        if (!DETECTION_ID.test(id)) throw new InvalidInput('id', 'must be 32 lower-case hexadecimal digits');
        return (await findDetection(db, id)) ?? null;
      },
    }),
  );

  const DetectionUpdate = builder.objectRef<LiveDetection>('DetectionUpdate').implement({
    authScopes: { viewer: true },
    description: 'An alert that was just committed.',
    fields: (t) => ({
      detection: t.expose('detection', { type: Detection, description: 'The detection as it is after this alert.' }),
      missed: t.expose('missed', {
        type: 'Count',
        description: 'Alerts that this subscription lost before this one, because it read too slowly.',
      }),
    }),
  });

  builder.subscriptionField('detections', (t) =>
    t.field({
      type: DetectionUpdate,
      authScopes: { viewer: true },
      description: 'Every alert once, right after it is committed.',
      args: { filter: t.arg(filter) },
      subscribe(_root, args, { live }) {
        const wanted = toDetectionFilter(args.filter);
        return live.subscribe((alert) => matchesAlert(alert, wanted));
      },
      resolve: (update) => update,
    }),
  );
  return { Detection, Listener: processTypes.Listener };
}

type DetectionTypes = {
  readonly enums: Enums;
  readonly Agent: AgentRef;
  readonly OutcomeCount: OutcomeCountRef;
  readonly triage: TriageTypes;
  readonly processTypes: ProcessTypes;
};

function addDetectionType(builder: Builder, types: DetectionTypes) {
  const { enums, Agent, OutcomeCount, processTypes } = types;
  const { Triage, Comment } = types.triage;
  const { AlertType, Confidence, DetectionState, EndReason, Rule, Severity } = enums;
  const TopPort = addTopPort(builder);
  const Sample = addSample(builder, enums, Agent, processTypes);
  const Alert = addAlert(builder, enums, Agent);
  const { DetectionSensor, DetectionClaim } = addDetectionSensors(builder, enums, Agent);

  return builder.objectRef<DetectionRow>('Detection').implement({
    authScopes: { viewer: true },
    description:
      'A scan: one source that makes aborted connections to a threshold of different services, as all claims tell it together: the highest severity and confidence, and the counts, ports and samples of the alert with the most services, each counted within the rollup period.',
    fields: (t) => ({
      id: t.exposeID('id', { description: '32 hexadecimal digits, the same for ever: those of its first claim.' }),
      revision: t.exposeInt('revision', { description: 'How many alerts there were, of all claims together.' }),
      model: t.exposeString('model', { description: 'Name of the detection model.' }),
      alertType: t.expose('alert_type', { type: AlertType, description: 'Kind of the last alert.' }),
      state: t.field({
        type: DetectionState,
        description: 'Whether the scan goes on.',
        resolve: ({ ended }) => (ended ? 'closed' : 'open'),
      }),
      severity: t.expose('severity', { type: Severity, description: 'How far it reaches.' }),
      confidence: t.expose('confidence', { type: Confidence, description: 'How sure it is.' }),
      rule: t.expose('rule', { type: Rule, description: 'Why it fired.' }),
      threshold: t.exposeInt('threshold', {
        description: 'Distinct services that the rule asks for at this severity.',
      }),
      policyHash: t.exposeString('policy_hash', {
        nullable: true,
        description: 'The policy that it was judged by, 16 hexadecimal digits; null if its agent did not tell.',
      }),
      endReason: t.expose('end_reason', {
        type: EndReason,
        nullable: true,
        description: 'Why it ended; null while open.',
      }),
      source: t.expose('source', { type: 'Address', description: 'The address that scans.' }),
      sourcePrefixBits: t.exposeInt('source_prefix_bits', {
        nullable: true,
        description: '64: all addresses of the /64 that `source` begins, together; null: that one address.',
      }),
      distinctServices: t.exposeInt('distinct_services', { description: 'Distinct pairs of host and port.' }),
      distinctHosts: t.exposeInt('distinct_hosts', { description: 'Distinct hosts.' }),
      distinctPorts: t.exposeInt('distinct_ports', { description: 'Distinct ports.' }),
      failedServices: t.exposeInt('failed_services', {
        description: 'Distinct services that refused or did not answer.',
      }),
      slowServices: t.exposeInt('slow_services', {
        nullable: true,
        description: 'Distinct services that were new to the source within a day; null if its agent did not tell.',
      }),
      habitualServices: t.exposeInt('habitual_services', {
        nullable: true,
        description:
          'Services touched at a steady beat, as by a health checker, which are left out of the counts; null if its agent did not tell.',
      }),
      connections: t.field({
        type: [OutcomeCount],
        nullable: true,
        description:
          'Connections to the counted and the failed services, by how the latest one to each service ended, without the outcomes that never happened; null if its agent did not tell.',
        resolve: ({ details }) => details.connections && listCounts(details.connections),
      }),
      atLeast: t.exposeBoolean('at_least', {
        description: 'Whether the counts reached the cap of the table and are lower bounds.',
      }),
      firstSeen: t.expose('first_seen', { type: 'DateTime', description: 'First connection that counts.' }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'Last connection that counts.' }),
      startedAt: t.expose('started', {
        type: 'DateTime',
        description: 'When the connection ended that crossed the threshold.',
      }),
      endedAt: t.expose('ended', { type: 'DateTime', nullable: true, description: 'When it ended; null while open.' }),
      topPorts: t.field({
        type: [TopPort],
        description: 'Ports by how many hosts they were touched on, most first, 20 at most.',
        resolve: ({ details }) => details.topPorts,
      }),
      samples: t.field({
        type: [Sample],
        description: 'The most recent services, 20 at most.',
        resolve: ({ source, details }) => details.samples.map((sample) => ({ ...sample, source })),
      }),
      techniques: t.stringList({
        description: 'MITRE ATT&CK techniques, such as T1046.',
        resolve: ({ details }) => details.techniques,
      }),
      responses: t.stringList({
        description:
          'What to do: commands for root on a target, or on a router before it, that drop all packets of the source; one for nftables and one for iptables.',
        resolve: ({ source, source_prefix_bits }) =>
          responseCommands({ source, ...(source_prefix_bits && { sourcePrefixBits: source_prefix_bits }) }),
      }),
      process: t.expose('process', {
        type: processTypes.Process,
        nullable: true,
        description:
          'Who did it, as told with the snapshot, or by the first alert that named a process; null if no sensor on the scanning host knows.',
      }),
      snapshot: t.expose('snapshot', {
        type: processTypes.Snapshot,
        nullable: true,
        description: 'The scanning process on its host, by the first alert that had one; null if none had.',
      }),
      agent: t.field({
        type: Agent,
        nullable: true,
        description: 'Who told it first; null: the aggregator itself, from the sightings of all agents.',
        resolve: ({ agent_id }, _args, { agents }) => (agent_id === null ? null : agents.load(agent_id)),
      }),
      sourceAgent: t.field({
        type: Agent,
        nullable: true,
        description: 'The agent on the host that scans, by the addresses that agents tell; null if there is none.',
        resolve: ({ source }, _args, { hosts }) => hosts.load(source),
      }),
      sensors: t.field({
        type: [DetectionSensor],
        description: 'Every agent that claims it or saw connections of it, who saw it first first.',
        resolve: ({ id }, _args, { sensors }) => sensors.load(id),
      }),
      claims: t.field({
        type: [DetectionClaim],
        description: 'What each of those who detected it tells by its own count, the earliest start first.',
        resolve: ({ id }, _args, { claims }) => claims.load(id),
      }),
      corroborated: t.boolean({
        nullable: true,
        description:
          'Whether more than one agent, or one on the host that scans or on a host that is scanned, stands for it. False: a single agent tells of connections between other hosts. Null: that agent told no addresses.',
        resolve: async ({ id }, _args, { sensors }) => isCorroborated(await sensors.load(id)),
      }),
      triage: t.field({
        type: Triage,
        nullable: true,
        description: 'What people made of it last; null: it is new.',
        resolve: ({ id }, _args, { triage }) => triage.load(id),
      }),
      comments: t.field({
        type: [Comment],
        description: 'What people wrote on it, the first first.',
        resolve: ({ id }, _args, { comments }) => comments.load(id),
      }),
      alerts: t.field({
        type: [Alert],
        description: 'Its timeline: the alerts of all claims, what was seen first first.',
        resolve: ({ id }, _args, { alerts }) => alerts.load(id),
      }),
    }),
  });
}

export type DetectionRef = ReturnType<typeof addDetectionType>;

function addTopPort(builder: Builder) {
  return builder.objectRef<Detection['topPorts'][number]>('TopPort').implement({
    authScopes: { viewer: true },
    description: 'A destination port of a scan.',
    fields: (t) => ({
      port: t.exposeInt('port', { description: 'The port.' }),
      hosts: t.exposeInt('hosts', { description: 'Distinct hosts on which it was touched.' }),
      name: t.string({
        nullable: true,
        description:
          'Name of the service that IANA has registered for it, which need not be what listens there; null if there is none.',
        resolve: ({ port }) => portName(port) ?? null,
      }),
    }),
  });
}

function addSample(builder: Builder, { Outcome }: Enums, Agent: AgentRef, { Listener }: ProcessTypes) {
  return builder.objectRef<Sighting>('SampleService').implement({
    authScopes: { viewer: true },
    description: 'Connections of a scan to one service that ended in one way.',
    fields: (t) => ({
      destination: t.expose('destination', { type: 'Address', description: 'The host.' }),
      port: t.exposeInt('port', { description: 'The port.' }),
      outcome: t.expose('outcome', { type: Outcome, description: 'How the connections ended.' }),
      firstSeen: t.field({
        type: 'DateTime',
        description: 'The first of them.',
        resolve: ({ firstSeenMs }) => new Date(firstSeenMs),
      }),
      lastSeen: t.field({
        type: 'DateTime',
        description: 'The last of them.',
        resolve: ({ lastSeenMs }) => new Date(lastSeenMs),
      }),
      connections: t.expose('connections', { type: 'Count', description: 'How many.' }),
      targetAgent: t.field({
        type: Agent,
        nullable: true,
        description: 'The agent on that host, by the addresses that agents tell; null if there is none.',
        resolve: ({ destination }, _args, { hosts }) => hosts.load(destination),
      }),
      listener: t.field({
        type: Listener,
        nullable: true,
        description: 'Who listens there, if any sensor on that host told; null if none knows.',
        resolve: (sample, _args, { listeners }) => sample.listener ?? listeners.load(sample),
      }),
    }),
  });
}

function addAlert(builder: Builder, { AlertType, Confidence, Severity }: Enums, Agent: AgentRef) {
  return builder.objectRef<TimelineRow>('DetectionAlert').implement({
    authScopes: { viewer: true },
    description: 'What was known of a scan at one moment.',
    fields: (t) => ({
      revision: t.exposeInt('revision', { description: 'Its number within its claim, from 1.' }),
      agent: t.field({
        type: Agent,
        nullable: true,
        description: 'Who told it; null: the aggregator itself, from the sightings of all agents.',
        resolve: ({ agent_id }, _args, { agents }) => (agent_id === null ? null : agents.load(agent_id)),
      }),
      alertType: t.expose('alert_type', { type: AlertType, description: 'Its kind.' }),
      severity: t.expose('severity', { type: Severity, description: 'Severity at that moment.' }),
      confidence: t.expose('confidence', { type: Confidence, description: 'Confidence at that moment.' }),
      distinctServices: t.exposeInt('distinct_services', { description: 'Distinct pairs of host and port.' }),
      distinctHosts: t.exposeInt('distinct_hosts', { description: 'Distinct hosts.' }),
      distinctPorts: t.exposeInt('distinct_ports', { description: 'Distinct ports.' }),
      failedServices: t.exposeInt('failed_services', {
        description: 'Distinct services that refused or did not answer.',
      }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'Last connection that counts.' }),
      committedAt: t.expose('committed', { type: 'DateTime', description: 'When the aggregator committed it.' }),
    }),
  });
}
