import { InvalidInput } from './user-error.ts';

/** A number of an argument that has bounds. */
export function readCount(argument: string, count: number, from: number, to: number): number {
  if (count < from || count > to) throw new InvalidInput(argument, `must be from ${from} to ${to}, is ${count}`);
  return count;
}
