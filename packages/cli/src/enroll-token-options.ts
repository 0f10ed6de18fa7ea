import { type Label, readLabels } from './read-labels.ts';

/** Options of `enroll-token create` as they are written. */
export type NewTokenArguments = {
  readonly label?: readonly string[];
  readonly uses?: string;
  readonly validMinutes?: string;
};

export type NewToken = {
  readonly labels: readonly Label[];
  readonly maxUses: number;
  readonly validSeconds: number;
};

/** What `enroll-token create` asks for; problems, beginning with the option, go into `problems`. */
export function readNewToken({ label = [], uses, validMinutes }: NewTokenArguments, problems: string[]): NewToken {
  const count = (option: string, text: string, most: number) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > most) {
      problems.push(`--${option}: must be a whole number from 1 to ${most}`);
    }
    return number;
  };
  return {
    labels: readLabels(label, problems),
    maxUses: count('uses', uses ?? '1', 10_000),
    validSeconds: count('valid-minutes', validMinutes ?? '60', 43_200) * 60,
  };
}
