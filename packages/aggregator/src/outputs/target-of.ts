import type { OutputRow } from '../store/schema.ts';
import type { FileSettings, SyslogSettings, WebhookSettings } from './output-settings.ts';

/**
 * Where an output sends, for people. Of a webhook only the origin: whoever knows the path and the query of many a receiver may
 * write to it.
 */
export function targetOf({ kind, settings }: Pick<OutputRow, 'kind' | 'settings'>): string {
  if (kind === 'webhook') return new URL((settings as WebhookSettings).url).origin;
  if (kind === 'file') return (settings as FileSettings).file;
  const { host, port, transport } = settings as SyslogSettings;
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
