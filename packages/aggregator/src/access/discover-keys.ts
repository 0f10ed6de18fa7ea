import { z } from 'zod';

/** An issuer must answer within this time, in milliseconds. */
const PATIENCE_MS = 5000;

const documentSchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Where an OIDC issuer publishes its keys, by its discovery document. Throws if it gives none that is its own. */
export async function discoverKeys(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${url}: answered ${response.status}`);
  const document = documentSchema.parse(await response.json());
  if (document.issuer !== issuer) throw new Error(`${url}: is of issuer ${document.issuer}`);
  return new URL(document.jwks_uri);
}
