import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { PROGRAMS, packProgram } from '../src/index.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-'));
  for (const program of PROGRAMS) await packProgram(program, join(directory, program.name), '1.2.3');
});
after(() => rm(directory, { recursive: true }));

const entry = (program: string) => join(directory, program, `${program}.js`);

/** From another directory, so that nothing of the repository is found by chance. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [entry(program), ...args], { cwd: directory });
  return stdout;
}

test('each program runs from its folder alone', async () => {
  for (const { name } of PROGRAMS) assert.match(await run(name, '--version'), /^\d+\.\d+\.\d+\n$/, name);
});

test('the agent finds its probe, loads it and finds this machine able', async () => {
  const requirements = JSON.parse(await run('connscan-agent', 'doctor', '--json')) as { ok: boolean }[];
  assert.ok(requirements.every(({ ok }) => ok));
});

/** The text of a file of the agent, and of all files that it imports. */
async function loadedBy(file: string): Promise<string> {
  const text = await readFile(join(directory, 'connscan-agent', file), 'utf8');
  const imported = [...text.matchAll(/from"\.\/(shared-[^"]+)"/g)].map(([, name]) => loadedBy(name!));
  return [text, ...(await Promise.all(imported))].join('\n');
}

test('a drain worker loads no gRPC and no validator, which would take 9 MiB in each thread', async () => {
  assert.doesNotMatch(await loadedBy('drain-worker.js'), /node_modules\/@grpc|ZodObject/);
  const main = await loadedBy('connscan-agent.js');
  for (const heavy of [/node_modules\/@grpc/, /ZodObject/]) assert.ok(heavy.test(main), heavy.source);
});

test('the aggregator finds its store and its protos, and the client asks it', async () => {
  const addresses = ['--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0'];
  const serve = ['serve', '--data', join(directory, 'data'), ...addresses, '--insecure'];
  const child = spawn(process.execPath, [entry('connscan-aggregator'), ...serve], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    const token = ['--token-file', join(directory, 'data', 'admin-token')];
    let http = '';
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, http: address } = JSON.parse(line);
      if (msg !== 'listening') continue;
      http = address;
      break;
    }
    assert.equal(await run('connscan', 'agents', '--json', '--url', `http://${http}/graphql`, ...token), '[]\n');
  } finally {
    child.kill('SIGTERM');
    await exit;
  }
});

test('what was in the folder before is gone', async () => {
  const [client] = PROGRAMS.filter(({ name }) => name === 'connscan');
  const folder = join(directory, 'connscan-agent');
  await packProgram(client!, folder, '1.2.3');
  assert.ok(!(await readdir(folder)).includes('connscan-agent.js'));
});
