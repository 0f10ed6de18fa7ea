import type { Authenticate } from '../src/access/create-authenticate.ts';

/** Whoever asks is an administrator. */
export const administrator: Authenticate = async () => ({
  name: 'administrator',
  role: 'admin',
  expiresMs: Number.POSITIVE_INFINITY,
  tokenId: undefined,
});
