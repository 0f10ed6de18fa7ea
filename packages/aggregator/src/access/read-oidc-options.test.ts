import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OidcArguments, readOidcOptions } from './read-oidc-options.ts';

const ISSUER = { oidcIssuer: 'https://id.example.org/realms/net', oidcAudience: 'connscan' };

function problemsOf(args: OidcArguments): string[] {
  const problems: string[] = [];
  readOidcOptions(args, problems);
  return problems;
}

test('without an issuer there is no OIDC', () => {
  assert.equal(readOidcOptions({}, []), undefined);
});

test('the words of the claim `roles` are the roles themselves unless something else is said', () => {
  const { roleClaim, roleMap } = readOidcOptions(ISSUER, [])!;
  assert.equal(roleClaim, 'roles');
  assert.deepEqual([...roleMap.keys()], ['viewer', 'analyst', 'tuner', 'admin']);
});

test('a word may have an equals sign, as names in LDAP have', () => {
  const { roleMap } = readOidcOptions({ ...ISSUER, oidcRoleMap: 'cn=soc=analyst,net=tuner' }, [])!;
  assert.deepEqual(
    [...roleMap],
    [
      ['cn=soc', 'analyst'],
      ['net', 'tuner'],
    ],
  );
});

test('every problem is told by its option', () => {
  assert.deepEqual(problemsOf({ oidcAudience: 'x', oidcRoleMap: 'a=viewer' }), [
    '--oidc-audience: goes with --oidc-issuer',
    '--oidc-role-map: goes with --oidc-issuer',
  ]);
  assert.deepEqual(problemsOf({ oidcIssuer: 'http://id.example.org', oidcRoleMap: 'a=root,b' }), [
    '--oidc-issuer: must be an https URL, or http on loopback, is "http://id.example.org"',
    '--oidc-audience: must name what tokens are meant for, as the issuer knows this aggregator',
    '--oidc-role-map: must be WORD=ROLE,… with viewer, analyst, tuner, admin as roles, has "a=root"',
    '--oidc-role-map: must be WORD=ROLE,… with viewer, analyst, tuner, admin as roles, has "b"',
  ]);
  assert.deepEqual(problemsOf({ ...ISSUER, oidcIssuer: 'http://127.0.0.1:8080' }), []);
});
