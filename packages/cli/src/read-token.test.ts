import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createGraphqlClient } from './graphql-client.ts';
import { readToken } from './read-token.ts';

const directory = mkdtempSync(join(tmpdir(), 'connscan-token-'));
after(() => rmSync(directory, { recursive: true }));

function fileOf(name: string, content: string): string {
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

test('the option comes before the token of the environment, and that before the file of the environment', () => {
  const [one, two] = [fileOf('one', 'cst_one\n'), fileOf('two', 'cst_two')];
  const env = { CONNSCAN_TOKEN: 'cst_env', CONNSCAN_TOKEN_FILE: two };
  assert.deepEqual(readToken({ tokenFile: one, env }), { text: 'cst_one', from: `--token-file ${one}` });
  assert.deepEqual(readToken({ tokenFile: undefined, env }), { text: 'cst_env', from: 'CONNSCAN_TOKEN' });
  const { text, from } = readToken({ tokenFile: undefined, env: { CONNSCAN_TOKEN_FILE: two } });
  assert.deepEqual([text, from], ['cst_two', `CONNSCAN_TOKEN_FILE ${two}`]);
});

test('a file that was named and has no token is wrong usage, by its name', () => {
  const empty = fileOf('empty', '\n');
  const prose = fileOf('prose', 'the token is cst_x');
  for (const tokenFile of [empty, prose, join(directory, 'missing')]) {
    assert.throws(() => readToken({ tokenFile, env: {} }), { code: 'BAD_USAGE', message: new RegExp(tokenFile) });
  }
});

test('a token is sent in the clear to nobody but this machine', () => {
  const tokenFile = fileOf('three', 'cst_three');
  assert.throws(() => createGraphqlClient({ url: 'http://10.0.0.1:8470/graphql', tokenFile }), {
    code: 'BAD_USAGE',
    message: '--url: must be https, or the token could be read on its way',
  });
  for (const url of ['https://10.0.0.1:8470/graphql', 'http://[::1]:8470/graphql', 'http://localhost/graphql']) {
    assert.doesNotThrow(() => createGraphqlClient({ url, tokenFile }), url);
  }
});
