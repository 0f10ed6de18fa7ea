import type { DetectionEvent } from './detection-event.ts';

/** Facility 13, log audit; severities notice, warning and error. */
const FACILITY = 13;
const SEVERITIES = { LOW: 5, MEDIUM: 4, HIGH: 3 } as const;

export type SyslogHeader = Pick<DetectionEvent, 'severity' | 'alertType' | 'lastSeen'> & {
  /** The host that sends. */
  readonly hostname: string;
};

/**
 * A message of RFC 5424 with `text`, one line, as its MSG. By hand: the registry's clients frame by newlines, which RFC 5425
 * forbids, and none leaves the connection to its user.
 */
export function syslogMessage({ severity, alertType, lastSeen, hostname }: SyslogHeader, text: string): Buffer {
  const priority = FACILITY * 8 + SEVERITIES[severity];
  const host = hostname.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 255) || '-';
  return Buffer.from(`<${priority}>1 ${lastSeen} ${host} connscan - ${alertType} - ${text}`);
}
