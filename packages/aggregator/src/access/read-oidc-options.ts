import { isLoopback } from '@connscan/program';
import { ROLES, type Role } from './actor.ts';
import type { OidcOptions } from './create-jwt-verifier.ts';

/** Options of `serve` as they are written. */
export type OidcArguments = {
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly oidcRoleClaim?: string;
  readonly oidcRoleMap?: string;
};

/** What the words of a role claim mean if nothing else is said: themselves. */
const SAME = new Map<string, Role>(ROLES.map((role) => [role, role]));

/** The OIDC options; undefined without an issuer. What is wrong is added to the problems. */
export function readOidcOptions(args: OidcArguments, problems: string[]): OidcOptions | undefined {
  const { oidcIssuer: issuer, oidcAudience: audience, oidcRoleClaim: roleClaim = 'roles', oidcRoleMap } = args;
  if (issuer === undefined) {
    for (const [option, value] of Object.entries({
      audience,
      'role-claim': args.oidcRoleClaim,
      'role-map': oidcRoleMap,
    })) {
      if (value !== undefined) problems.push(`--oidc-${option}: goes with --oidc-issuer`);
    }
    return undefined;
  }
  if (!isIssuer(issuer)) {
    problems.push(`--oidc-issuer: must be an https URL, or http on loopback, is ${JSON.stringify(issuer)}`);
  }
  if (!audience)
    problems.push('--oidc-audience: must name what tokens are meant for, as the issuer knows this aggregator');
  const roleMap = oidcRoleMap === undefined ? SAME : readRoleMap(oidcRoleMap, problems);
  return { issuer, audience: audience ?? '', roleClaim, roleMap };
}

/** Who can change what the issuer says on its way can sign in as anybody. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')));
}

function readRoleMap(text: string, problems: string[]): Map<string, Role> {
  const map = new Map<string, Role>();
  for (const pair of text.split(',')) {
    const at = pair.lastIndexOf('=');
    const [word, role] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at > 0 && isRole(role)) map.set(word, role);
    else
      problems.push(
        `--oidc-role-map: must be WORD=ROLE,… with ${ROLES.join(', ')} as roles, has ${JSON.stringify(pair)}`,
      );
  }
  return map;
}

function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}
