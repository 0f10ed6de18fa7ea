/** What an administrator hands to a host so that its agent may enroll. */
export type EnrollToken = {
  /** Names the token to the aggregator, 16 bytes; no secret. */
  readonly id: Uint8Array;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
  /** SHA-256 of the authority's certificate, 32 bytes: the agent trusts no aggregator but those that it signed. */
  readonly authority: Uint8Array;
};

const PREFIX = 'connscan-enroll-';
const ID_BYTES = 16;
const HASH_BYTES = 32;

/** The prefix, and 107 characters of base64url. */
export function encodeEnrollToken({ id, secret, authority }: EnrollToken): string {
  return `${PREFIX}${Buffer.concat([id, secret, authority]).toString('base64url')}`;
}

/** What a text of a token holds; undefined if it is none. */
export function decodeEnrollToken(text: string): EnrollToken | undefined {
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  const [secretAt, authorityAt] = [ID_BYTES, ID_BYTES + HASH_BYTES];
  const token = {
    id: bytes.subarray(0, secretAt),
    secret: bytes.subarray(secretAt, authorityAt),
    authority: bytes.subarray(authorityAt),
  };
  // Base64 is read leniently: only what would be written again is a token.
  return token.authority.length === HASH_BYTES && encodeEnrollToken(token) === text ? token : undefined;
}
