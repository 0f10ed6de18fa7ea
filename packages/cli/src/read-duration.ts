const UNITS_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of an option that is written such as 30s, 10m, 2h or 1d, of `most` at most; else a problem is added. */
export function readDuration(option: string, text: string, most: number, problems: string[]): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * UNITS_SECONDS[unit as keyof typeof UNITS_SECONDS];
  if (seconds <= most) return seconds;
  problems.push(`--${option}: must be a time such as 30s, 10m, 2h or 1d, and at most ${most} seconds`);
  return 0;
}
