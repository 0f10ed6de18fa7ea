import type { Logger } from '@connscan/program';
import type { Database } from '../store/schema.ts';
import { ensureAdminToken } from './admin-token.ts';
import { type Authenticate, createAuthenticate } from './create-authenticate.ts';
import { createJwtVerifier, type OidcOptions } from './create-jwt-verifier.ts';

export type AccessOptions = {
  readonly db: Database;
  /** The aggregator's data directory. */
  readonly data: string;
  /** Undefined: people come by API tokens alone. */
  readonly oidc: OidcOptions | undefined;
  readonly log: Pick<Logger, 'info' | 'warn'>;
};

/** Who may ask and change what. The first token of an administrator is made and written to a file if there is none. */
export async function startAccess({ db, data, oidc, log }: AccessOptions): Promise<Authenticate> {
  const file = await ensureAdminToken({ db, data, otherWay: oidc !== undefined });
  if (file)
    log.info({ file }, "an administrator's token was made: take it from this file, make your own, and revoke it");
  const nowMs = Date.now;
  return createAuthenticate({ db, verifyJwt: oidc && createJwtVerifier({ ...oidc, nowMs, log }), nowMs });
}
