import Table from 'cli-table3';
import type { Verdict } from './judge.ts';

const HEAD = ['scenario', 'must be', 'got', 'counted', 'truth', 'seconds', '', 'program'];

/** So that the whole table is about 120 columns wide. */
const PROGRAM_WIDTH = 44;

const EXPECTED = { detection: 'detected', sightings: 'seen', silence: 'silent', anything: 'not countable' } as const;

/** One line for each scenario, and what they add up to. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [], compact: true },
    wordWrap: true,
    colWidths: HEAD.map((name) => (name === 'program' ? PROGRAM_WIDTH : null)),
  });
  for (const { name, expected, got, counted, groundTruth, secondsToDetection, ok, program } of verdicts) {
    const seconds = secondsToDetection ?? '';
    table.push([name, EXPECTED[expected], got, counted, groundTruth, seconds, ok ? 'ok' : 'WRONG', program]);
  }
  const { missed, falseConfirmed } = totals(verdicts);
  return `${table}\n${verdicts.length} scenarios, ${missed} missed, ${falseConfirmed} falsely confirmed\n`;
}

/** Scenarios that were not found as they should be, and those that were found and should not be. */
export function totals(verdicts: readonly Verdict[]): { missed: number; falseConfirmed: number } {
  const wrong = verdicts.filter(({ ok }) => !ok);
  const falseConfirmed = wrong.filter(({ expected }) => expected === 'silence').length;
  return { missed: wrong.length - falseConfirmed, falseConfirmed };
}
