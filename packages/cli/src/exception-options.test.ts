import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExceptionArguments, readException, readExceptionChange } from './exception-options.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

function read(args: ExceptionArguments, readInput = readException) {
  const problems: string[] = [];
  return { input: readInput(args, NOW_MS, problems), problems };
}

test('options become what GraphQL takes: one address is a range, and what is left out stays out', () => {
  const args = { source: ['10.0.0.9', 'FD00::1', '10.1.0.0/16'], port: ['873'], reason: 'backup', expires: '1d' };
  assert.deepEqual(read(args), {
    input: {
      sources: ['10.0.0.9/32', 'fd00::1/128', '10.1.0.0/16'],
      ports: [873],
      reason: 'backup',
      expiresAt: '2026-02-01T12:00:00.000Z',
    },
    problems: [],
  });
});

test('every wrong option is told at once', () => {
  const { problems } = read({ target: ['10.0.0.1/8', 'web'], port: ['0'], expires: 'soon' });
  assert.deepEqual(
    problems.map((problem) => problem.split(':')[0]),
    ['--target', '--target', '--port', '--expires', '--reason'],
  );
  assert.deepEqual(read({}).problems, [
    '--source, --target, --port, --process: at least one must be given',
    '--reason: must be given',
  ]);
});

test('a change says only what is to be new, and can take a scope or the end away', () => {
  const { input, problems } = read({ port: ['22'], any: ['source'], expires: 'never' }, readExceptionChange);
  assert.deepEqual({ input, problems }, { input: { ports: [22], sources: null, expiresAt: null }, problems: [] });
});

test('a change of nothing, of no scope, or of one scope in two ways is refused', () => {
  const problemsOf = (args: ExceptionArguments) => read(args, readExceptionChange).problems;
  assert.deepEqual(problemsOf({}), ['options: at least one must be given']);
  assert.deepEqual(problemsOf({ any: ['host', 'port'], port: ['22'] }), [
    '--any: must be one of source, target, port, process',
    '--any port, --port: exactly one can be given',
  ]);
});
