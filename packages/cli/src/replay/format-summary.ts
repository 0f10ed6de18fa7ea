import type { ReplayCounts } from './replay-files.ts';
import { SKIP_REASONS } from './verdict.ts';

export type ReplaySummary = ReplayCounts & {
  readonly detections: number;
  readonly confirmed: number;
  readonly elapsedMs: number;
};

/** What a replay did, on a few lines. */
export function formatSummary(summary: ReplaySummary): string {
  const { lines, connections, malformed, skipped, late, ignored, elapsedMs, tableBytes } = summary;
  const { sources, evictedSources, evictedServices, detections, confirmed } = summary;
  const reasons = SKIP_REASONS.map((reason, index) => `${skipped[index]} ${reason}`).filter(
    (text) => !text.startsWith('0 '),
  );
  const perSecond = elapsedMs > 0 ? Math.round((lines / elapsedMs) * 1000) : 0;
  return [
    `${lines} lines in ${(elapsedMs / 1000).toFixed(2)} s (${perSecond} lines/s): ${connections} connections looked at, ${malformed} malformed`,
    `skipped: ${reasons.join(', ') || 'none'}`,
    `of the connections: ${late} late, ${ignored} ignored`,
    `tables: ${(tableBytes / 2 ** 20).toFixed(1)} MiB, ${sources} sources at the end, ${evictedSources} sources and ${evictedServices} services evicted`,
    `${detections} detections, ${confirmed} confirmed`,
    '',
  ].join('\n');
}
