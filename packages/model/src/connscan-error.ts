import { ERROR_CODES, type ErrorCode } from './error-code.ts';

/** The one error class: a code of the table, a sentence for the reader, the cause kept. */
export class ConnscanError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnscanError';
    this.code = code;
  }

  /** What a command ends with when this error reaches its top. */
  get exitCode(): number {
    return ERROR_CODES[this.code];
  }
}
