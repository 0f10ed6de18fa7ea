import { join } from 'node:path';
import type { OutputRow } from '../store/schema.ts';
import { appendLine } from './append-file.ts';
import type { DetectionEvent } from './detection-event.ts';
import { formatEvent } from './format-event.ts';
import type { FileSettings, SyslogSettings, WebhookSettings } from './output-settings.ts';
import type { Lookup } from './resolve-target.ts';
import { sendSyslog } from './send-syslog.ts';
import { sendWebhook } from './send-webhook.ts';
import { syslogMessage } from './syslog-message.ts';

/** Where a delivery goes. */
type Destination = Pick<OutputRow, 'kind' | 'format' | 'settings' | 'secret'>;

/** One attempt to deliver; throws if it did not arrive, with a reason for people. */
export type Sender = (destination: Destination, event: DetectionEvent, signal: AbortSignal) => Promise<void>;

export type SenderOptions = {
  /** The folder of files. */
  readonly folder: string;
  /** Of this host, as syslog tells it. */
  readonly hostname: string;
  readonly now: () => Date;
  /** How names are resolved; left out, as the system does. */
  readonly lookup?: Lookup;
};

export function createSender({ folder, hostname, now, lookup }: SenderOptions): Sender {
  return async ({ kind, format, settings, secret }, event, signal) => {
    const text = formatEvent(event, format);
    if (kind === 'file') return appendLine(join(folder, (settings as FileSettings).file), text);
    if (kind === 'syslog') {
      return sendSyslog(settings as SyslogSettings, syslogMessage({ ...event, hostname }, text), { signal, lookup });
    }
    const id = `${event.id}-${event.revision}`;
    const body = format === 'connscan' ? envelope(event, text) : text;
    return sendWebhook(settings as WebhookSettings, { id, body }, { secret: secret!, signal, now, lookup });
  };
}

/** As the Standard Webhooks have payloads. */
function envelope({ alertType, lastSeen }: DetectionEvent, data: string): string {
  const type = JSON.stringify(`connscan.detection.${alertType.toLowerCase()}`);
  return `{"type":${type},"timestamp":${JSON.stringify(lastSeen)},"data":${data}}`;
}
