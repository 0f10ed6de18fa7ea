import { type Rule, SEVERITIES } from '@connscan/model';
import { type Class, type Entry, NO_BEAT, type Rules, type Source } from './oracle-state.ts';

/** The entries of a class that count now. */
export function counted(source: Source, of: Class): Entry[] {
  return source.entries.filter((entry) => entry.of === of && entry.inWindow && !entry.habit);
}

/** The services that make a slow scan. */
export function slowOnes(source: Source): Entry[] {
  return source.entries.filter((entry) => entry.of === 'aborted' && entry.inSlow && !entry.habit && !entry.broken);
}

export function isCorroborated({ policy }: Rules, source: Source): boolean {
  return (
    counted(source, 'aborted').length >= policy.corroborated.abortedServices &&
    counted(source, 'failed').length >= policy.corroborated.failedServices
  );
}

export function isSlow({ policy }: Rules, source: Source): boolean {
  return slowOnes(source).length >= policy.slow.services;
}

/** 0 to 3: the severity that the count alone reaches. */
function reached({ policy }: Rules, source: Source): number {
  return SEVERITIES.filter((severity) => counted(source, 'aborted').length >= policy.thresholds[severity]).length;
}

/** 0 to 3; 0: not over. */
export function severityOf(rules: Rules, source: Source): number {
  const corroborated = isCorroborated(rules, source) ? 2 : 0;
  const slow = isSlow(rules, source) ? 1 : 0;
  return Math.max(reached(rules, source), corroborated, slow);
}

export function isOver(rules: Rules, source: Source): boolean {
  return severityOf(rules, source) > 0;
}

export function isOverBySlowOnly(rules: Rules, source: Source): boolean {
  return isSlow(rules, source) && reached(rules, source) === 0 && !isCorroborated(rules, source);
}

/** Over only because services count again whose beat stopped. */
export function isBrokenOnly(rules: Rules, source: Source): boolean {
  const aborted = counted(source, 'aborted');
  const steady = aborted.filter((entry) => !entry.broken);
  const { low } = rules.policy.thresholds;
  return aborted.length >= low && steady.length < low && !isCorroborated(rules, source);
}

export function ruleOf(rules: Rules, source: Source): { rule: Rule; threshold: number } {
  const { thresholds, corroborated, slow } = rules.policy;
  const severity = severityOf(rules, source);
  if (reached(rules, source) >= severity)
    return { rule: 'threshold', threshold: thresholds[SEVERITIES[severity - 1]!] };
  if (isCorroborated(rules, source)) return { rule: 'corroborated', threshold: corroborated.abortedServices };
  return { rule: 'slow', threshold: slow.services };
}

/** Moves both windows up to the source's clock, and notes since when it is not over any more. */
export function slide(rules: Rules, source: Source): void {
  const { windowMs, slowMs } = rules;
  for (;;) {
    const leaving = [
      ...source.entries.filter((entry) => entry.inWindow).map((entry) => entry.lastMs + windowMs),
      ...source.entries.filter((entry) => entry.inSlow).map((entry) => entry.lastMs + slowMs),
    ].filter((ms) => ms <= source.clockMs);
    if (leaving.length === 0) return;
    const ms = Math.min(...leaving);
    for (const entry of source.entries) {
      if (entry.inWindow && entry.lastMs + windowMs <= ms) {
        entry.inWindow = false;
        if (entry.of !== 'aborted' && !entry.habit) expire(entry);
      }
      if (entry.lastMs + slowMs <= ms) entry.inSlow = false;
    }
    if (source.episode && !isOver(rules, source)) source.episode.underMs ??= ms;
  }
}

/** Nothing is known of its beat any more: it is kept until it is told, and would come as new. */
function expire(entry: Entry): void {
  if (entry.habit) entry.firstMs = entry.lastMs;
  Object.assign(entry, { ...NO_BEAT, habit: undefined, expired: true });
}

/** Drops what is too old to matter. */
export function forget({ slowMs, forgetMs, note }: Rules, source: Source): void {
  for (const entry of source.entries) {
    if (entry.lastMs > source.clockMs - (entry.habit ? forgetMs : slowMs)) continue;
    if (entry.habit) note('habit forgotten');
    expire(entry);
  }
  source.entries = source.entries.filter((entry) => entry.untold > 0 || !entry.expired);
}
