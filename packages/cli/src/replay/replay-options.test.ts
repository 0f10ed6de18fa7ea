import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DEFAULT_POLICY } from '@connscan/model';
import { readReplayOptions } from './replay-options.ts';

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-replay-'));
});

after(() => rm(directory, { recursive: true }));

async function write(name: string, content: string): Promise<string> {
  await writeFile(join(directory, name), content);
  return join(directory, name);
}

test('without arguments standard input is replayed by the default policy, and so it is by an empty one', async () => {
  assert.deepEqual(await readReplayOptions([], {}), { files: ['-'], policy: DEFAULT_POLICY });
  assert.deepEqual((await readReplayOptions([], { policy: await write('empty.yaml', '') })).policy, DEFAULT_POLICY);
});

test('threshold and rollup period hold for every model, over those of the policy; the other thresholds give way', async () => {
  const text =
    'models: { connscan_external_internal: { enabled: true, thresholds: { low: 2, medium: 50, high: 60 } } }';
  const options = { policy: await write('policy.yaml', text), threshold: '55', rollup: '60' };
  const { policy } = await readReplayOptions([], options);
  for (const { rollupPeriodSeconds } of Object.values(policy.models)) assert.equal(rollupPeriodSeconds, 60);
  assert.deepEqual(policy.models.connscan_external_internal.thresholds, { low: 55, medium: 55, high: 60 });
  assert.deepEqual(policy.models.connscan_internal_internal.thresholds, { low: 55, medium: 55, high: 100 });
  assert.equal(policy.models.connscan_external_internal.enabled, true);
});

test('every problem of files, options and policy is told at once', async () => {
  const wrong = await write('wrong.yaml', 'maxOriginatorBytes: -1\ncolour: red\n');
  const files = [join(directory, 'nowhere'), directory, '--colour', '-', '-'];
  await assert.rejects(
    readReplayOptions(files, { threshold: '0', rollup: 'x', policy: wrong }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'BAD_USAGE');
      assert.deepEqual(error.message.replaceAll(directory, 'directory').split('\n'), [
        '-: standard input can be read only once',
        "directory/nowhere: ENOENT: no such file or directory, open 'directory/nowhere'",
        'directory: is a directory',
        '--colour: unknown, see replay --help',
        '--threshold: must be a whole number from 1 to 1024',
        '--rollup: must be a whole number from 15 to 3600',
        'directory/wrong.yaml: maxOriginatorBytes: Too small: expected number to be >=0',
        'directory/wrong.yaml: document: Unrecognized key: "colour"',
      ]);
      return true;
    },
  );
  const broken = await write('broken.yaml', 'models: {');
  await assert.rejects(readReplayOptions([], { policy: broken }), /broken\.yaml: Flow map in block collection/);
  await assert.rejects(readReplayOptions([], { policy: directory }), /EISDIR/);
});

test('a policy with no model at work is refused, as nothing could be found', async () => {
  const policy = await write('off.yaml', 'models: { connscan_internal_internal: { enabled: false } }');
  await assert.rejects(readReplayOptions([], { policy }), /off\.yaml: models: none is enabled/);
});
