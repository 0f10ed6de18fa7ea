import { FILTER_REASONS, type FilterReason } from '../src/counters.ts';

export type Side = 'S' | 'T';
export type Step = { readonly side: Side; readonly words: string; readonly answer: string | undefined };

/** What the probe says on one host: its records, and the counters that moved. */
export type Said = { readonly records: readonly string[]; readonly filtered: readonly FilterReason[] };

export type Case = {
  readonly rule: string;
  readonly steps: readonly Step[];
  readonly source: Said;
  readonly target: Said;
};

/** Reads a table of `rule | steps | on the source | on the target` below a line of titles; see scenarios.test.ts. */
export function readCases(table: string): Case[] {
  const rows = table.trim().split('\n').slice(1);
  return rows.map((row) => {
    const [rule = '', steps = '', source = '', target = ''] = row.split('|').map((cell) => cell.trim());
    return { rule, steps: readSteps(steps), source: readSaid(source), target: readSaid(target) };
  });
}

const OPEN = ['T listen', 'S connect', 'T accept'];

function readSteps(text: string): Step[] {
  let side: Side = 'S';
  const steps = text.split(', ').flatMap((step) => (step === 'open' ? OPEN : [step]));
  return steps.map((step) => {
    const [, named, words = '', answer] = /^([ST] )?(.*?)(?: -> (.*))?$/.exec(step) ?? [];
    if (named) side = named === 'S ' ? 'S' : 'T';
    return { side, words, answer };
  });
}

function readSaid(text: string): Said {
  const filtered = FILTER_REASONS.filter((reason) => reason === text);
  return { filtered, records: filtered.length > 0 || text === '-' ? [] : text.split(' + ') };
}
