import type { Authenticate } from '../src/access/create-authenticate.ts';
import type { OpenSubscriptions } from '../src/live/open-subscriptions.ts';

/** Whoever asks is an administrator. */
export const administrator: Authenticate = async () => ({
  name: 'administrator',
  role: 'admin',
  expiresMs: Number.POSITIVE_INFINITY,
  tokenId: undefined,
});

/** For a test that opens none. */
export const noSubscriptions: OpenSubscriptions = {
  open: () => undefined,
  count: () => 0,
  look: async () => {},
  stop: () => {},
};
