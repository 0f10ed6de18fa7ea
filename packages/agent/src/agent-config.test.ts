import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DEFAULT_POLICY } from '@connscan/model';
import { agentConfigSchema, readAgentConfig } from './agent-config.ts';

const DEFAULTS = {
  attribution: true,
  snapshotPrivileges: false,
  redactArguments: true,
  spoolMiB: 256,
  memoryMiB: 256,
  policy: DEFAULT_POLICY,
};

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(directory, { recursive: true }));

async function read(text: string) {
  const file = join(directory, 'agent.yaml');
  await writeFile(file, text);
  return readAgentConfig(file);
}

test('an empty file is the whole default', async () => {
  assert.deepEqual(await read(''), DEFAULTS);
});

test('the example of docs/configuration.md is the default', async () => {
  const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const example = /```yaml\n(.*?)```/s.exec(page)![1]!;
  assert.deepEqual(await read(example), { shards: 2, ...DEFAULTS });
  for (const setting of Object.keys(agentConfigSchema.shape)) assert.match(example, new RegExp(`^${setting}:`, 'm'));
});

test('every problem of a file is told at once, with the name of the file', async () => {
  const text =
    'shards: 0\npolicy:\n  models: { connscan_internal_internal: { thresholds: { low: 5, medium: 4, high: 3 } } }\n  internalCidrs: []\ncolour: red\n';
  await assert.rejects(read(text), (error: Error & { code: string }) => {
    assert.equal(error.code, 'BAD_USAGE');
    const lines = error.message.replaceAll(`${directory}/`, '').split('\n');
    assert.deepEqual(lines, [
      'agent.yaml: shards: Too small: expected number to be >=1',
      'agent.yaml: policy.internalCidrs: Too small: expected array to have >=1 items',
      'agent.yaml: policy.models.connscan_internal_internal.thresholds: must rise: low ≤ medium ≤ high',
      'agent.yaml: document: Unrecognized key: "colour"',
    ]);
    return true;
  });
});

test('text that is no YAML is told with its line', async () => {
  await assert.rejects(read('policy: [1,\n'), { code: 'BAD_USAGE', message: /agent\.yaml: .* at line 2/ });
});

test('a missing file is told by its name', async () => {
  await assert.rejects(readAgentConfig(join(directory, 'none.yaml')), {
    code: 'BAD_USAGE',
    message: /--config: ENOENT.*none\.yaml/,
  });
});
