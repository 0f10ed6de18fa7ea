import manifest from '../../package.json' with { type: 'json' };
import type { DetectionEvent } from './detection-event.ts';
import type { OutputFormat } from './output-settings.ts';
import { toCef } from './to-cef.ts';
import { toOcsf } from './to-ocsf.ts';

/** A detection as one line of text: JSON, or CEF. */
export function formatEvent(event: DetectionEvent, format: OutputFormat): string {
  if (format === 'cef') return toCef(event, manifest.version);
  return JSON.stringify(format === 'ocsf' ? toOcsf(event, manifest.version) : event);
}
