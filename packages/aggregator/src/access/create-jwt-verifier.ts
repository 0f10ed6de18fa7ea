import type { Logger } from '@connscan/program';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ROLES, type Role } from './actor.ts';
import type { Admitted, Refusal } from './create-authenticate.ts';
import { discoverKeys } from './discover-keys.ts';

export type OidcOptions = {
  /** URL of the issuer, as it stands in its tokens. */
  readonly issuer: string;
  /** What a token must be meant for. */
  readonly audience: string;
  /** The claim with the roles, a word or a list of words; a path with dots leads into objects. */
  readonly roleClaim: string;
  /** The role of each word of that claim. */
  readonly roleMap: ReadonlyMap<string, Role>;
};

/** Who a JWT lets in; else why not. */
export type VerifyJwt = (jwt: string) => Promise<Admitted | Refusal>;

/** Signatures by private keys alone: neither `none` nor a secret that both sides would have to keep. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Clocks of issuer and aggregator may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 30;

export type JwtVerifierOptions = OidcOptions & {
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'warn'>;
};

/**
 * Verifies JWTs of an OIDC issuer by the keys that it publishes. They are asked for when the first token comes, so an issuer
 * that is away keeps nobody out but those who come by it.
 */
export function createJwtVerifier(options: JwtVerifierOptions): VerifyJwt {
  const { issuer, audience, roleClaim, roleMap, nowMs, log } = options;
  let keys: Promise<JWTVerifyGetKey> | undefined;

  function issuerKeys(): Promise<JWTVerifyGetKey> {
    keys ??= discoverKeys(issuer)
      .then((url) => createRemoteJWKSet(url))
      .catch((error) => {
        keys = undefined;
        throw error;
      });
    return keys;
  }

  return async (jwt) => {
    try {
      const { payload } = await jwtVerify(jwt, await issuerKeys(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(nowMs()),
      });
      const role = roleOf(wordsOf(payload, roleClaim), roleMap);
      if (!role) return { code: 'invalid', problem: `the token has no role: its claim ${roleClaim} names none` };
      return { name: `user ${payload.sub}`, role, expiresMs: payload.exp! * 1000, tokenId: undefined };
    } catch (error) {
      const problem = problemOf(error);
      if (problem !== undefined) return { code: 'invalid', problem };
      log.warn({ err: error, issuer }, 'the OIDC issuer does not give its keys');
      return { code: 'invalid', problem: 'the keys of the issuer are not known now' };
    }
  };
}

/** The highest role wins. */
function roleOf(words: readonly string[], roleMap: ReadonlyMap<string, Role>): Role | undefined {
  const roles = new Set(words.map((word) => roleMap.get(word)));
  return ROLES.findLast((role) => roles.has(role));
}

/** Keycloak has them at `realm_access.roles`; others have claims with dots, as URLs are, in their names. */
function wordsOf(payload: JWTPayload, claim: string): string[] {
  const value = payload[claim] ?? claim.split('.').reduce(memberOf, payload);
  return [value].flat().filter((word) => typeof word === 'string');
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? (object as Record<string, unknown>)[name]
    : undefined;
}

/** What is wrong with a token; undefined if it is not the token. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} of the token does not fit`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is signed by an algorithm that is not allowed';
  if (error instanceof errors.JWKSNoMatchingKey) return 'the token is signed by a key that the issuer does not have';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature of the token is wrong';
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'the token is no JWT';
  return undefined;
}
