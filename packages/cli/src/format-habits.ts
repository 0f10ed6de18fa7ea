import { sourceOf } from './format-detections.ts';
import { type Column, formatTable } from './format-table.ts';
import type { Screen } from './screen.ts';
import type { Habit } from './tuning-answers.ts';

const COLUMNS: readonly (string | Column)[] = [
  'SOURCE',
  'DESTINATION',
  'PORT',
  'DECIDED',
  'LEARNT',
  'BEAT',
  { head: 'SINCE', narrow: 'drop' },
  'LAST SEEN',
];

/** A table of habits: what was decided of each, and what was learnt. */
export function formatHabits(habits: readonly Habit[], screen: Screen): string {
  if (habits.length === 0) return 'no habits\n';
  return formatTable(
    COLUMNS,
    habits.map((habit) => [
      ...[sourceOf(habit), habit.destination, habit.port, habit.decision?.toLowerCase() ?? ''],
      ...[habit.state?.toLowerCase() ?? 'not yet', beatOf(habit), habit.since ?? '', habit.lastSeen ?? ''],
    ]),
    screen,
  );
}

/** What was decided of one service. */
export function formatDecision({ source, destination, port, decision }: Habit): string {
  const state = decision === null ? 'as it was learnt again' : decision.toLowerCase();
  return `port ${port} of ${destination} is ${state} for ${source}\n`;
}

/** One that is touched often, but at no steady beat, has none. */
function beatOf({ state, periodSeconds }: Habit): string {
  if (state === null) return '';
  return periodSeconds === null ? 'none' : `${Number(periodSeconds.toFixed(1))} s`;
}
