import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const door = JSON.stringify(new URL('./index.ts', import.meta.url).href);
const program = `
  import { addCommand, createProgram, runProgram, unknownArguments } from ${door};
  const program = createProgram('thing', 'Does things', '1.2.3');
  addCommand(program, 'write <words>', 'Writes').option('--times <number>', 'how often').action((words, { times = 1 }, command) => {
    const unknown = unknownArguments(command);
    for (let i = 0; i < times; i++) process.stdout.write(JSON.stringify({ words, unknown }) + '\\n');
  });
  await runProgram(program);`;

const run = promisify(execFile);
const thing = (...args: string[]) => run(process.execPath, ['--input-type=module', '-e', program, '--', ...args]);

test('what a command does not know is told by the command, not by the parser', async () => {
  const { stdout } = await thing('write', 'a', '--loud', 'b');
  const unknown = ['--loud: unknown, see write --help', 'b: unknown, see write --help'];
  assert.deepEqual(JSON.parse(stdout), { words: 'a', unknown });
});

test('an option without its value, a missing argument, an unknown command and none at all end with 2', async () => {
  for (const [args, message] of [
    [['write', 'a', '--times'], "BAD_USAGE: option '--times <number>' argument missing\n"],
    [['write'], "BAD_USAGE: missing required argument 'words'\n"],
    [['read'], "BAD_USAGE: unknown command 'read'\n"],
    [[], 'BAD_USAGE: a command is needed\n'],
  ] as const) {
    await assert.rejects(thing(...args), ({ code, stderr }: { code: number; stderr: string }) => {
      assert.equal(code, 2);
      assert.ok(stderr.endsWith(message), stderr);
      return true;
    });
  }
});

test('the version and the help end with 0', async () => {
  assert.equal((await thing('--version')).stdout, '1.2.3\n');
  assert.match((await thing('write', '--help')).stdout, /--times <number>/);
});

test('a reader that has seen enough ends the program quietly', async () => {
  const command = `"$0" --input-type=module -e "$1" -- write a --times 100000 | head -n 1`;
  const { stdout, stderr } = await run('sh', ['-c', command, process.execPath, program]);
  assert.equal(stdout, '{"words":"a","unknown":[]}\n');
  assert.equal(stderr, '');
});
