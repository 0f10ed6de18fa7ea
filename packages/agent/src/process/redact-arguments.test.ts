import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactArguments } from './redact-arguments.ts';

const HIDDEN: readonly (readonly [string[], string[]])[] = [
  [
    ['mysql', '--password=hunter2'],
    ['mysql', '--password=***'],
  ],
  [
    ['mysql', '--password', 'two words'],
    ['mysql', '--password', '***'],
  ],
  [
    ['mysql', '-phunter2', '-u', 'root'],
    ['mysql', '-p***', '-u', 'root'],
  ],
  [
    ['sshpass', '-p', 'hunter2', 'ssh', 'h'],
    ['sshpass', '-p', '***', 'ssh', 'h'],
  ],
  [
    ['curl', '-u', 'alice:hunter2', 'http://h/'],
    ['curl', '-u', 'alice:***', 'http://h/'],
  ],
  [
    ['smbclient', '-U', 'alice%hunter2'],
    ['smbclient', '-U', 'alice%***'],
  ],
  [
    ['curl', 'https://alice:hunter2@h/x'],
    ['curl', 'https://alice:***@h/x'],
  ],
  [
    ['git', 'clone', 'https://ghp_0123456789abcdefghij@h/x'],
    ['git', 'clone', 'https://***@h/x'],
  ],
  [
    ['curl', 'http://h/?a=1&access_token=xyz&b=2'],
    ['curl', 'http://h/?a=1&access_token=***&b=2'],
  ],
  [
    ['curl', '-H', 'Authorization: Bearer a.b.c'],
    ['curl', '-H', 'Authorization: ***'],
  ],
  [
    ['curl', '-H', 'X-Api-Key: abc'],
    ['curl', '-H', 'X-Api-Key: ***'],
  ],
  [
    ['curl', '-H', 'Cookie: a=b; c=d'],
    ['curl', '-H', 'Cookie: ***'],
  ],
  [
    ['env', 'PGPASSWORD=x', 'MYSQL_PWD=y', 'psql'],
    ['env', 'PGPASSWORD=***', 'MYSQL_PWD=***', 'psql'],
  ],
  [
    ['java', '-DdbPassword=x', '-Dapp.sharedKey=y'],
    ['java', '-DdbPassword=***', '-Dapp.sharedKey=***'],
  ],
  [
    ['sh', '-c', "mysql -phunter2 --token 'a b' x"],
    ['sh', '-c', 'mysql -p*** --token *** x'],
  ],
  [
    ['sh', '-c', 'curl -H "Authorization: Basic YTpi" h'],
    ['sh', '-c', 'curl -H "Authorization: ***" h'],
  ],
  [['tool: --secret=x --host h'], ['tool: --secret=*** --host h']],
  [
    ['say', 'the key 0123456789abcdef0123'],
    ['say', 'the key ***'],
  ],
  [
    ['tool', '--api-key', 'x', '--auth', 'y'],
    ['tool', '--api-key', '***', '--auth', '***'],
  ],
];

const KEPT: readonly string[][] = [
  ['nmap', '-sT', '-p22,80,443', '10.0.0.0/24'],
  ['nmap', '-p-', '-p', '1-65535', '-pT:80,U:53', '--script=banner'],
  ['ssh', '-p', '2222', '-i', '/home/a/.ssh/id', 'a@h'],
  ['docker', 'run', '-p', '127.0.0.1:8080:80', '-u', '1000:1000', 'image'],
  ['find', '.', '-path', './x', '-prune', '-o', '-print0'],
  ['mkdir', '-p', '/tmp/x'],
  ['curl', '--key-file', '/etc/key.pem', 'ssh://git@h/x', 'http://h:8080/a@b'],
  ['mysql', '--password', '--host', 'h'],
  ['keyboard', '--monkey=1', '--passive', 'tokenless'],
  [],
];

for (const [args, expected] of HIDDEN) {
  test(`the secret of ${JSON.stringify(args)} is hidden`, () => {
    assert.deepEqual(redactArguments(args), expected);
  });
}

test('what is no secret stays: ports above all, which tell a scan', () => {
  for (const args of KEPT) assert.deepEqual(redactArguments(args), args);
});

test('a long argument made to slow the patterns down is redacted like any other', () => {
  for (const part of ['a', ' ', '-p ', 'key ', '://a:', 'token=', '"', 'authorization ']) {
    assert.equal(redactArguments([part.repeat(20_000)]).length, 1);
  }
});
