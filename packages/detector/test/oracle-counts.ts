import { type ModelPolicy, type Rule, SEVERITIES } from '@connscan/model';
import { isIn } from './oracle-exception.ts';
import { type Class, type Entry, NO_BEAT, type Rules, type Source } from './oracle-state.ts';

/** The entries of a class that count now. */
export function counted(source: Source, of: Class): Entry[] {
  return source.entries.filter((entry) => entry.of === of && entry.inWindow && !entry.habit);
}

/** The services that make a slow scan. */
export function slowOnes(source: Source): Entry[] {
  return source.entries.filter((entry) => entry.of === 'aborted' && entry.inSlow && !entry.habit && !entry.broken);
}

/** How many services are too many for a source: the last override that takes it has the last word. */
export function limitsFor(
  { policy }: Rules,
  source: Source,
): Pick<ModelPolicy, 'thresholds' | 'corroborated'> & { readonly slow: { readonly services: number } } {
  const override = policy.overrides.findLast(({ sources }) => sources.some((cidr) => isIn(source.address, cidr)));
  return {
    thresholds: override?.thresholds ?? policy.thresholds,
    corroborated: override?.corroborated ?? policy.corroborated,
    slow: override?.slow ?? policy.slow,
  };
}

export function isCorroborated(rules: Rules, source: Source): boolean {
  const { abortedServices, failedServices } = limitsFor(rules, source).corroborated;
  return counted(source, 'aborted').length >= abortedServices && counted(source, 'failed').length >= failedServices;
}

export function isSlow(rules: Rules, source: Source): boolean {
  return slowOnes(source).length >= limitsFor(rules, source).slow.services;
}

/** 0 to 3: the severity that the count alone reaches. */
function reached(rules: Rules, source: Source): number {
  const thresholds = limitsFor(rules, source).thresholds;
  return SEVERITIES.filter((severity) => counted(source, 'aborted').length >= thresholds[severity]).length;
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
  const { low } = limitsFor(rules, source).thresholds;
  return aborted.length >= low && steady.length < low && !isCorroborated(rules, source);
}

export function ruleOf(rules: Rules, source: Source): { rule: Rule; threshold: number } {
  const { thresholds, corroborated, slow } = limitsFor(rules, source);
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
