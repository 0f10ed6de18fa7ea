const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time of an option as ISO 8601: written so, or as a time before now such as 30m, 24h or 7d; else a problem is added. */
export function readPastTime(option: string, text: string, nowMs: number, problems: string[]): string {
  const spanMs = readSpan(text);
  const time = spanMs === undefined ? readTime(text) : new Date(nowMs - spanMs).toISOString();
  if (time !== undefined) return time;
  problems.push(`--${option}: must be a time such as 2026-01-31T12:00:00Z, or one ago such as 30m, 24h or 7d`);
  return '';
}

/** Milliseconds of 30m, 24h or 7d. */
export function readSpan(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  return count && unit ? Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS] : undefined;
}

/** A date, or a time with its zone, as ISO 8601. */
export function readTime(text: string): string | undefined {
  const isTime = /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text));
  return isTime ? new Date(text).toISOString() : undefined;
}
