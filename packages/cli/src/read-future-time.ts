import { readSpan, readTime } from './read-past-time.ts';

/** A time of an option as ISO 8601, later than now: written so, or as from now on such as 12h or 30d; else a problem is added. */
export function readFutureTime(option: string, text: string, nowMs: number, problems: string[]): string {
  const spanMs = readSpan(text);
  const time = spanMs === undefined ? readTime(text) : new Date(nowMs + spanMs).toISOString();
  if (time !== undefined && Date.parse(time) > nowMs) return time;
  problems.push(`--${option}: must be a time to come such as 2099-01-31T12:00:00Z, or one from now such as 12h or 30d`);
  return '';
}
