import type { DetectionEvent } from './detection-event.ts';
import { titleOf } from './to-ocsf.ts';

/** From 0 to 10. */
const SEVERITIES = { LOW: 3, MEDIUM: 6, HIGH: 9 } as const;

/** A detection in ArcSight's Common Event Format, version 0: one line. By hand, as the registry has no formatter of it that is kept up. */
export function toCef(event: DetectionEvent, productVersion: string): string {
  const { id, revision, source, samples, topPorts, process } = event;
  const isIpv6 = source.includes(':');
  const header = ['connscan', 'connscan', productVersion, event.model, titleOf(event), SEVERITIES[event.severity]];
  const extension: Readonly<Record<string, string | number | undefined>> = {
    externalId: `${id}-${revision}`,
    rt: Date.parse(event.lastSeen),
    start: Date.parse(event.firstSeen),
    end: event.endedAt ? Date.parse(event.endedAt) : undefined,
    act: event.alertType,
    outcome: event.state,
    proto: 'TCP',
    // `src` is for IPv4 alone in version 0.
    ...(isIpv6 ? { c6a2: source, c6a2Label: 'Source IPv6 Address' } : { src: source }),
    dst: samples.find(({ destination }) => !destination.includes(':'))?.destination,
    dpt: topPorts[0]?.port,
    spid: process?.pid,
    sproc: process?.exe ?? process?.comm,
    suid: process?.uid,
    suser: process?.user ?? undefined,
    cnt: event.distinctServices,
    cn1: event.distinctHosts,
    cn1Label: 'distinctHosts',
    cn2: event.failedServices,
    cn2Label: 'failedServices',
    cn3: revision,
    cn3Label: 'revision',
    cs1: id,
    cs1Label: 'detection',
    cs2: event.confidence,
    cs2Label: 'confidence',
    cs3: event.techniques.join(' '),
    cs3Label: 'techniques',
    cs4: topPorts.map(({ port }) => port).join(' '),
    cs4Label: 'topPorts',
    cs5: event.sensors.map(({ hostname }) => hostname).join(' '),
    cs5Label: 'sensors',
  };
  const pairs = Object.entries(extension).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : `${key}=${escapeValue(`${value}`)}`,
  );
  return `CEF:0|${header.map((field) => escapeHeader(`${field}`)).join('|')}|${pairs.join(' ')}`;
}

/** A header ends at a pipe, and has one line. */
function escapeHeader(text: string): string {
  return text.replaceAll(/[\\|]/g, '\\$&').replaceAll(/[\r\n]+/g, ' ');
}

/** A value ends at the next `key=`; a pipe in it is a pipe. */
function escapeValue(text: string): string {
  return text.replaceAll(/[\\=]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
