import { plot } from 'asciichart';
import type { Trend } from './answers.ts';
import { formatTable } from './format-table.ts';
import type { Screen } from './screen.ts';

/** Lines of a chart, less where there is less to tell apart. */
const HEIGHT = 10;

export type TrendWindow = { readonly since: string; readonly until: string };

/** A chart of all keys together, from the first bucket to the last, and how much there was of each key. */
export function formatTrend({ bucketSeconds, buckets }: Trend, { since, until }: TrendWindow, screen: Screen): string {
  if (buckets.length === 0) return `nothing from ${since} to ${until}\n`;
  const bucketMs = bucketSeconds * 1000;
  const firstMs = Math.floor(Date.parse(since) / bucketMs) * bucketMs;
  const sums: number[] = Array(Math.ceil((Date.parse(until) - firstMs) / bucketMs)).fill(0);
  const byKey = new Map<string, number>();
  for (const { at, key, count } of buckets) {
    const bucket = (Date.parse(at) - firstMs) / bucketMs;
    if (bucket >= 0 && bucket < sums.length) sums[bucket]! += count;
    byKey.set(key, (byKey.get(key) ?? 0) + count);
  }
  const most = Math.max(...sums);
  const scale = `${most}`.length + 1;
  // One value is no line.
  const series = sums.length === 1 ? [0, ...sums] : sums;
  const chart = plot(series, {
    min: 0,
    height: Math.min(HEIGHT, most),
    format: (value) => `${Math.round(value)}`.padStart(scale),
    offset: scale + 1,
  });
  const lines = chart.replaceAll(/ +$/gm, '');
  const rows = [...byKey].sort(([, a], [, b]) => b - a);
  const each = bucketSeconds === 3600 ? 'an hour' : `${bucketSeconds / 3600} hours`;
  return `${lines}\nfrom ${since} to ${until}, ${each} a column\n\n${formatTable(['KEY', 'COUNT'], rows, screen)}`;
}
