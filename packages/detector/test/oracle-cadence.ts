import type { HabitRule, ModelPolicy } from '@connscan/model';
import { type Entry, NO_BEAT, type Rules, type Source } from './oracle-state.ts';

const SAME_VISIT_MS = 100;

/** How far a gap may be from the period: a quarter of it. */
const toleranceMs = (periodMs: number) => Math.max(periodMs / 4, 50);

export const isSteady = (ms: number, periodMs: number) => Math.abs(ms - periodMs) <= toleranceMs(periodMs);

/** What a record later than the last one says of the beat. */
export function keepBeat({ windowMs }: Rules, entry: Entry, atMs: number): void {
  const gapMs = atMs - entry.lastMs;
  if (gapMs < SAME_VISIT_MS) return;
  if (entry.beats > 1 && isSteady(gapMs, entry.periodMs)) entry.beats++;
  else Object.assign(entry, { periodMs: gapMs, beats: 2 });
  if (Math.floor(atMs / windowMs) !== Math.floor(entry.lastMs / windowMs)) entry.windows++;
}

/** What the administrator decided; of a /64 nothing, as the rules name single addresses. */
export function decisionOf(policy: ModelPolicy, source: Source, entry: Entry): HabitRule['decision'] | undefined {
  return policy.habits.find(
    (rule) =>
      source.prefixBits === undefined &&
      rule.source === source.address &&
      rule.destination === entry.destination &&
      rule.port === entry.port,
  )?.decision;
}

/** Whether the entry becomes habitual by the record at `atMs`. */
export function recognise(rules: Rules, source: Source, entry: Entry, atMs: number): boolean {
  if (entry.habit || entry.of === 'uncounted') return false;
  const decision = decisionOf(rules.policy, source, entry);
  if (decision === 'revoked') return false;
  const beats = entry.beats >= 4;
  const windows = entry.windows >= 3;
  if (decision !== 'pinned' && !beats && !windows) return false;
  rules.note(decision === 'pinned' ? 'pinned' : beats ? 'habitual by beats' : 'habitual by windows');
  const state = decision === 'pinned' ? 'pinned' : rules.probationMs > 0 ? 'probation' : 'trusted';
  entry.habit = { sinceMs: Math.floor(atMs / 1000) * 1000, state };
  entry.broken = false;
  return true;
}

/** Ends the probation of the source's habits: one whose beat stopped counts again. Whether there was one. */
export function checkProbation({ windowMs, probationMs, note }: Rules, source: Source): boolean {
  const { clockMs } = source;
  let broke = false;
  for (const entry of source.entries) {
    if (entry.habit?.state !== 'probation') continue;
    const missedMs = entry.lastMs + 4 * (entry.beats >= 4 ? entry.periodMs : windowMs);
    const endMs = entry.habit.sinceMs + probationMs;
    if (clockMs > missedMs && missedMs < endMs) {
      Object.assign(entry, { ...NO_BEAT, habit: undefined, broken: true });
      entry.inWindow = entry.lastMs > clockMs - windowMs;
      Object.assign(entry, { firstMs: entry.lastMs, connections: 1, novel: entry.inWindow });
      note(entry.inWindow ? 'broken in the window' : 'broken out of the window');
      if (source.episode && entry.inWindow && entry.of === 'aborted') {
        source.episode.lastSeenMs = Math.max(source.episode.lastSeenMs, entry.lastMs);
      }
      broke = true;
    } else if (endMs <= clockMs) {
      entry.habit.state = 'trusted';
      note('trusted');
    }
  }
  return broke;
}
