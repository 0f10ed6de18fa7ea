import type { Window } from '../store/window.ts';
import { InvalidInput } from './user-error.ts';

const DAY_MS = 86_400_000;

/** Longer ones would have to look at too many days. */
const MAX_DAYS = 366;

type WindowArguments = { readonly since?: Date | null | undefined; readonly until?: Date | null | undefined };

/** The time that is asked for: the last day, or the day before `until`, if nothing else is said. */
export function readWindow({ since, until }: WindowArguments): Window {
  const end = until ?? new Date();
  const begin = since ?? new Date(end.getTime() - DAY_MS);
  if (begin >= end) throw new InvalidInput('since', 'must be before until');
  if (end.getTime() - begin.getTime() > MAX_DAYS * DAY_MS) {
    throw new InvalidInput('since', `must be at most ${MAX_DAYS} days before until`);
  }
  return { since: begin, until: end };
}
