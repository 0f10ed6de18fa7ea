import { InvalidInput } from './user-error.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A UUID of an argument as the store writes it; BAD_USER_INPUT if it is none. */
export function readUuid(argument: string, text: string): string {
  const uuid = text.toLowerCase();
  if (!UUID.test(uuid)) {
    throw new InvalidInput(argument, 'must be a UUID such as 01234567-89ab-4cde-8f01-23456789abcd');
  }
  return uuid;
}
