import Table from 'cli-table3';
import type { Outcome } from './scenario.ts';

export type Verdict = Outcome & { readonly scenario: string; readonly ok: boolean };

const COUNTS = ['points', 'acknowledged', 'delivered', 'lost', 'duplicated', 'unexplainedGaps'] as const;

/** Nothing was lost, nothing came twice, and no number is missing without a word. */
export function judge(scenario: string, outcome: Outcome): Verdict {
  const { lost, duplicated, unexplainedGaps, acknowledged, points } = outcome;
  const ok = lost + duplicated + unexplainedGaps === 0 && acknowledged > 0 && points > 0;
  return { scenario, ...outcome, ok };
}

/** One line for each scenario. */
export function formatOutcomes(verdicts: readonly Verdict[]): string {
  const table = new Table({
    head: ['scenario', ...COUNTS, ''],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...COUNTS.map(() => 'right' as const), 'left'],
  });
  for (const verdict of verdicts) {
    table.push([verdict.scenario, ...COUNTS.map((name) => verdict[name]), verdict.ok ? 'ok' : 'FAILED']);
  }
  return `${table}\n`;
}
