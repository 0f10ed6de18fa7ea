import { type Column, formatTable } from './format-table.ts';
import { PLAIN, type Screen } from './screen.ts';

export type PolicyChange = {
  readonly path: string;
  /** JSON; null for what was not there. */
  readonly before: string | null;
  readonly after: string | null;
  readonly weakens: boolean;
};

const COLUMNS: readonly (string | Column)[] = [
  { head: 'SETTING', narrow: 'cut' },
  { head: 'BEFORE', narrow: 'cut' },
  { head: 'AFTER', narrow: 'cut' },
  { head: 'FLEET', colourOf: (text) => (text === '' ? undefined : 'yellow') },
];

/** A table of the settings in which two policies differ, and which of them make the fleet see less. */
export function formatPolicyDiff(changes: readonly PolicyChange[], screen: Screen = PLAIN): string {
  if (changes.length === 0) return 'nothing changes\n';
  return formatTable(
    COLUMNS,
    changes.map(({ path, before, after, weakens }) => [
      ...[path, before ?? 'none', after ?? 'none'],
      weakens ? 'sees less' : '',
    ]),
    screen,
  );
}
