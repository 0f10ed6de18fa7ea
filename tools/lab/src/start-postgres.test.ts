import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startPostgres } from './start-postgres.ts';

const run = promisify(execFile);
const directoryOf = (url: string) => decodeURIComponent(new URL(url).host);
const ask = async (url: string, query: string) => (await run('psql', ['-At', url, '-c', query])).stdout.trim();

test('a server starts again with what it had, and leaves nothing behind', async () => {
  const postgres = await startPostgres({ fsync: false, settings: { work_mem: '7MB' } });
  const { url } = postgres;
  assert.equal(await ask(url, 'create table kept as select 1; show fsync; show work_mem'), 'SELECT 1\noff\n7MB');
  await postgres.stop();
  await assert.rejects(ask(url, 'select'), /No such file/);
  await postgres.start();
  assert.equal(await ask(url, 'select count(*) from kept'), '1');
  await postgres[Symbol.asyncDispose]();
  assert.ok(!existsSync(directoryOf(url)));
});

test('a server that does not start says why', async () => {
  await assert.rejects(startPostgres({ fsync: true, settings: { nonsense: '1' } }), /unrecognized.*nonsense/);
});

test('a server ends with the process that started it, even if that was killed', async () => {
  const door = JSON.stringify(new URL('./start-postgres.ts', import.meta.url).href);
  const program = `import { startPostgres } from ${door};
    console.log((await startPostgres({ fsync: false })).url); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(child.stdout, 'data');
  const directory = directoryOf(String(url).trim());
  child.kill('SIGKILL');
  await run('sh', ['-c', 'tail -f /dev/null --pid="$(head -n 1 "$0/data/postmaster.pid")"; rm -r "$0"', directory]);
});
