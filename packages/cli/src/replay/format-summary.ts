import type { ReplayCounts } from './replay-files.ts';

export type ReplaySummary = ReplayCounts & {
  readonly detections: number;
  readonly confirmed: number;
  readonly elapsedMs: number;
  /** Most memory of the process, the program itself included. */
  readonly peakBytes: number;
};

/** What a replay did, on a few lines. */
export function formatSummary(summary: ReplaySummary): string {
  const { lines, connections, malformed, skipped, late, ignored, elapsedMs, tableBytes, peakBytes } = summary;
  const { sources, evictedSources, evictedServices, episodesPutOff, detections, confirmed } = summary;
  const reasons = Object.entries(skipped).filter(([, count]) => count > 0);
  const perSecond = elapsedMs > 0 ? Math.round((lines / elapsedMs) * 1000) : 0;
  return [
    `${lines} lines in ${(elapsedMs / 1000).toFixed(2)} s (${perSecond} a second), ${malformed} malformed`,
    `skipped: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none'}`,
    `${connections} connections looked at, ${late} late, ${ignored} ignored`,
    `${sources} sources at the end; for want of room ${evictedSources} sources and ${evictedServices} services left, ${episodesPutOff} detections waited`,
    `memory: ${mebibytes(tableBytes)} MiB of tables, ${mebibytes(peakBytes)} MiB in all`,
    `${detections} detections, ${confirmed} confirmed`,
    '',
  ].join('\n');
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
