import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

const door = JSON.stringify(new URL('./index.ts', import.meta.url).href);

/** Runs a program around runDaemon; `started` in its output is answered with the signal. */
async function run(start: string, signal: NodeJS.Signals) {
  const program = `import { runDaemon } from ${door};
    process.exitCode = await runDaemon(async () => { ${start} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let output = '';
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  child.stdout.on('data', (data) => {
    output += data;
    if (output.endsWith('started\n')) child.kill(signal);
  });
  const [code] = await once(child, 'close');
  return { code, output, errors };
}

const working = `const timer = setInterval(() => {}, 1000); console.log('started');
  return { stop: async () => { clearInterval(timer); console.log('stopped'); } };`;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops the daemon, which ends with 0`, async () => {
    assert.deepEqual(await run(working, signal), { code: 0, output: 'started\nstopped\n', errors: '' });
  });
}

test('a start that fails is told by its code and ends with the exit code of the table', async () => {
  const model = JSON.stringify(import.meta.resolve('@connscan/model'));
  const start = `const { ConnscanError } = await import(${model}); throw new ConnscanError('BAD_USAGE', '--data: missing');`;
  assert.deepEqual(await run(start, 'SIGTERM'), { code: 2, output: '', errors: 'BAD_USAGE: --data: missing\n' });
});
