import { CONNECTION, problemText, SKIP_REASONS, type Verdict } from './verdict.ts';

/** Malformed lines that are shown; the others are only counted. */
const SHOWN = 5;

/** Counts of what the lines and records of all files were. */
export type Tally = {
  /** Counts one; `line` is its number in `file`. The first malformed ones are shown. */
  count(verdict: Verdict, file: string, line: number): void;
  counts(): TallyCounts;
};

export type TallyCounts = {
  /** Lines of logs and records of recordings. */
  readonly lines: number;
  /** Those that went to a detector. */
  readonly connections: number;
  readonly malformed: number;
  /** By the reason, in words. */
  readonly skipped: Readonly<Record<string, number>>;
};

export function createTally(onProblem: (text: string) => void): Tally {
  const skipped = SKIP_REASONS.map(() => 0);
  let connections = 0;
  let malformed = 0;

  return {
    count(verdict, file, line) {
      if (verdict === CONNECTION) connections++;
      else if (verdict > 0) skipped[verdict - 1]!++;
      else if (malformed++ < SHOWN) onProblem(`${file}:${line}: ${problemText(verdict)}`);
    },
    counts: () => ({
      lines: connections + malformed + skipped.reduce((sum, lines) => sum + lines, 0),
      connections,
      malformed,
      skipped: Object.fromEntries(SKIP_REASONS.map((reason, index) => [reason, skipped[index]!])),
    }),
  };
}
