/**
 * How one TCP connection ended, as seen by the sensor. The numbers are those of `bpf/connscan.h`, the words are those
 * of GraphQL and of the documentation.
 *
 * - `reset`: established, the originator said (next to) nothing and ended it by a reset
 * - `empty_close`: the same, ended by FIN
 * - `responder_reset`: established, ended by the called side
 * - `refused`: never established, the target answered with a reset
 * - `unanswered`: never established, the target did not answer or the originator gave up first
 */
export const OUTCOMES = ['reset', 'empty_close', 'responder_reset', 'refused', 'unanswered'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** The outcome of a number in a record, 1 to 5; undefined for a number that names none. */
export function outcomeOf(code: number): Outcome | undefined {
  return OUTCOMES[code - 1];
}

/** The number that stands for the outcome in records and tables, 1 to 5; 0 is none. */
export function outcomeCode(outcome: Outcome): number {
  return OUTCOMES.indexOf(outcome) + 1;
}
