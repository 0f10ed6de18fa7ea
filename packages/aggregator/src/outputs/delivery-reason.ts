/** An error may quote what a receiver chose. */
const MAX_LENGTH = 300;

/** Why a delivery did not arrive, in one line for people. */
export function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time';
  // Several addresses were tried: Node.js puts no message on the whole.
  const { errors } = error as Partial<AggregateError>;
  const message = Array.isArray(errors) ? errors.map((one: Error) => one.message).join('; ') : (error as Error).message;
  return message.replaceAll(/\p{Cc}/gu, ' ').slice(0, MAX_LENGTH);
}
