import { createHash } from 'node:crypto';

/** By this prefix secret scanners find tokens in what was published by mistake. */
const PREFIX = 'cst_';
const SECRET_BYTES = 32;
const TEXT = /^cst_[A-Za-z0-9_-]{43}$/;

/** The text of an API token: the prefix and 256 random bits in base64url, 47 characters. */
export function formatApiToken(randomBytes: (size: number) => Buffer): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text may be an API token; what is longer or shorter is not looked up. */
export function isApiToken(text: string): boolean {
  return TEXT.test(text);
}

/** What is kept of a token. So many random bits need no salt and no slow hash: nobody can guess them. */
export function hashApiToken(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
