import type { Database } from '../store/schema.ts';
import type { Actor } from './actor.ts';
import { isApiToken } from './api-token.ts';
import { useApiToken } from './api-tokens.ts';
import type { VerifyJwt } from './create-jwt-verifier.ts';

/** Why somebody is not let in. It goes back to whoever sent it, and says no more than they need to correct it. */
export type Refusal = { readonly problem: string; readonly code: 'missing' | 'invalid' };

/** Who is let in: until when, and by what. */
export type Admitted = Actor & {
  /** When the token ends, in milliseconds since 1970; Infinity if it does not. */
  readonly expiresMs: number;
  /** The API token, which may be revoked meanwhile; undefined of a JWT. */
  readonly tokenId: string | undefined;
};

/** Who sent a request, by its Authorization header. */
export type Authenticate = (authorization: string | null) => Promise<Admitted | Refusal>;

export type AuthenticateOptions = {
  readonly db: Database;
  /** Undefined without an OIDC issuer. */
  readonly verifyJwt: VerifyJwt | undefined;
  readonly nowMs: () => number;
};

const INVALID: Refusal = { code: 'invalid', problem: 'the token is not one of this aggregator' };

export function createAuthenticate({ db, verifyJwt, nowMs }: AuthenticateOptions): Authenticate {
  async function byApiToken(text: string): Promise<Admitted | Refusal> {
    const row = await useApiToken(db, text, nowMs());
    if (!row) return INVALID;
    const { id, name, role, expires } = row;
    if (expires && expires.getTime() <= nowMs()) {
      return { code: 'invalid', problem: `the token expired at ${expires.toISOString()}` };
    }
    return { name: `api-token ${name}`, role, expiresMs: expires?.getTime() ?? Infinity, tokenId: id };
  }

  return async (authorization) => {
    if (authorization === null) return { code: 'missing', problem: 'an Authorization: Bearer header is needed' };
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (!token) return { code: 'invalid', problem: 'Authorization: must be Bearer and a token' };
    if (isApiToken(token)) return byApiToken(token);
    return verifyJwt && token.includes('.') ? verifyJwt(token) : INVALID;
  };
}
