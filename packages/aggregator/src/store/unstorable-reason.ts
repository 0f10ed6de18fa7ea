import { ConnscanError } from '@connscan/model';

/**
 * Why rows can never be stored, undefined if the store failed and may do it later. Class 22 of PostgreSQL's errors is
 * the rows' own fault, beyond what their schema says: a number too large for its column, a zero byte in a text.
 */
export function unstorableReason(error: unknown): string | undefined {
  if (error instanceof ConnscanError) return error.message;
  const { code, message } = error as { code?: unknown; message: string };
  return typeof code === 'string' && /^22...$/.test(code) ? message : undefined;
}
