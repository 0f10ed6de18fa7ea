import type { DetectionEvent } from './detection-event.ts';

/** The version of the Open Cybersecurity Schema Framework that events are written by. */
const OCSF_VERSION = '1.3.0';

const DETECTION_FINDING = 2004;
const FINDINGS = 2;

const ACTIVITIES = { START: 1, ONGOING: 2, END: 3 } as const;
const ACTIVITY_NAMES = { START: 'Create', ONGOING: 'Update', END: 'Close' } as const;
const SEVERITIES = { LOW: 2, MEDIUM: 3, HIGH: 4 } as const;
const CONFIDENCES = { TENTATIVE: 1, CONFIRMED: 3 } as const;
/** New, in progress, resolved: the scan is over, which says nothing of whoever did it. */
const STATUSES = { START: 1, ONGOING: 2, END: 4 } as const;
const TECHNIQUES: Readonly<Record<string, string>> = { T1046: 'Network Service Discovery' };
const REGULAR_FILE = 1;
const TCP = 6;
const LATERAL = 3;

/** A detection as an OCSF Detection Finding (class 2004). What has no place there stands under `unmapped`, by its own name. */
export function toOcsf(event: DetectionEvent, productVersion: string) {
  const { alertType, severity, confidence, source, samples, techniques, process } = event;
  const activity = ACTIVITIES[alertType];
  return {
    activity_id: activity,
    activity_name: ACTIVITY_NAMES[alertType],
    category_uid: FINDINGS,
    category_name: 'Findings',
    class_uid: DETECTION_FINDING,
    class_name: 'Detection Finding',
    type_uid: DETECTION_FINDING * 100 + activity,
    type_name: `Detection Finding: ${ACTIVITY_NAMES[alertType]}`,
    time: Date.parse(event.lastSeen),
    start_time: Date.parse(event.firstSeen),
    ...(event.endedAt && { end_time: Date.parse(event.endedAt) }),
    severity_id: SEVERITIES[severity],
    severity: inWords(severity),
    confidence_id: CONFIDENCES[confidence],
    confidence: confidence === 'CONFIRMED' ? 'High' : 'Low',
    status_id: STATUSES[alertType],
    count: event.distinctServices,
    message: titleOf(event),
    metadata: {
      version: OCSF_VERSION,
      uid: `${event.id}-${event.revision}`,
      product: { name: 'connscan', vendor_name: 'connscan', version: productVersion },
    },
    finding_info: {
      uid: event.id,
      title: titleOf(event),
      types: ['connection scan'],
      created_time: Date.parse(event.startedAt),
      modified_time: Date.parse(event.lastSeen),
      first_seen_time: Date.parse(event.firstSeen),
      last_seen_time: Date.parse(event.lastSeen),
      analytic: { type_id: 1, type: 'Rule', name: event.rule.toLowerCase(), uid: event.model },
      attacks: techniques.map((uid) => ({
        technique: { uid, name: TECHNIQUES[uid] ?? uid },
        tactic: { uid: 'TA0007', name: 'Discovery' },
      })),
    },
    evidences: (samples.length > 0 ? samples : [undefined]).map((sample) => ({
      src_endpoint: { ip: source },
      ...(sample && {
        dst_endpoint: { ip: sample.destination, port: sample.port },
        connection_info: { protocol_num: TCP, protocol_name: 'tcp', direction_id: LATERAL, direction: 'Lateral' },
        data: { outcome: sample.outcome, connections: sample.connections },
      }),
      ...(process && { process: ocsfProcess(process) }),
    })),
    observables: [{ name: 'evidences[].src_endpoint.ip', type_id: 2, type: 'IP Address', value: source }],
    remediation: { desc: event.responses.join('\n') },
    unmapped: {
      revision: event.revision,
      threshold: event.threshold,
      policyHash: event.policyHash,
      endReason: event.endReason,
      sourcePrefixBits: event.sourcePrefixBits,
      distinctServices: event.distinctServices,
      distinctHosts: event.distinctHosts,
      distinctPorts: event.distinctPorts,
      failedServices: event.failedServices,
      atLeast: event.atLeast,
      topPorts: event.topPorts,
      sensors: event.sensors,
    },
  };
}

/** One line for people. */
export function titleOf(event: DetectionEvent): string {
  const { source, sourcePrefixBits, distinctServices, distinctHosts, atLeast, endedAt } = event;
  const who = sourcePrefixBits === null ? source : `${source}/${sourcePrefixBits}`;
  const what = `${atLeast ? 'at least ' : ''}${distinctServices} services on ${distinctHosts} hosts`;
  return `Connection scan by ${who}${endedAt ? ' ended' : ''}: ${what}`;
}

function ocsfProcess({ pid, startedAt, comm, exe, uid, user }: NonNullable<DetectionEvent['process']>) {
  return {
    pid,
    name: comm,
    created_time: Date.parse(startedAt),
    ...(exe && { file: { path: exe, name: exe.slice(exe.lastIndexOf('/') + 1), type_id: REGULAR_FILE } }),
    user: { uid: `${uid}`, ...(user && { name: user }) },
  };
}

function inWords(severity: DetectionEvent['severity']): string {
  return severity.charAt(0) + severity.slice(1).toLowerCase();
}
