import { InvalidInput } from './user-error.ts';

/** A text of an argument, without the blanks around it: from 1 to `max` characters, as the store takes them. */
export function readText(argument: string, text: string, max: number): string {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > max || trimmed.includes('\0')) {
    throw new InvalidInput(argument, `must be a text of 1 to ${max} characters`);
  }
  return trimmed;
}
