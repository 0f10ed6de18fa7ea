import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createHost } from '../../test/create-host.ts';
import { readUsers } from './read-users.ts';

test('a user id has the name of its line; one of two lines, or of a line that is damaged, has none', async () => {
  await using fixture = await createHost();
  const { passwd } = fixture.host;
  const lines = [
    'root:x:0:0::/:/bin/sh',
    'a:x:7:7::/:',
    'b:x:7:7::/:',
    `${'n'.repeat(300)}:x:8:8::/:`,
    'c:x:',
    ':x:9:9',
    '',
  ];
  await writeFile(passwd, lines.join('\n'));
  assert.deepEqual([...(await readUsers(passwd))], [[0, 'root']]);
});

test('without a passwd file nobody has a name', async () => {
  assert.equal((await readUsers('/nonexistent/passwd')).size, 0);
});
