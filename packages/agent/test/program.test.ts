import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(directory, { recursive: true }));

type Ended = { code: number | string; stdout: string; stderr: string };

function run(command: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

const agent = (...args: string[]) => run(process.execPath, program, ...args);

test('every problem of the command line and of the config file is told at once, with exit code 2', async () => {
  const config = join(directory, 'agent.yaml');
  await writeFile(config, 'shards: 100\npolicy: { maxLifetimeSeconds: 0 }\n');
  const { code, stderr } = await agent('run', '--aggregator', '10.0.0.1:8471', '--config', config, '--verbose');
  assert.equal(code, 2);
  assert.deepEqual(stderr.trimEnd().replaceAll(`${directory}/`, '').split('\n'), [
    'BAD_USAGE: --verbose: unknown, see run --help',
    '--aggregator: must be a loopback address such as 127.0.0.1:8471, is "10.0.0.1:8471"',
    '--data: must name a directory',
    '--insecure: must be given, as agents have no identity yet; loopback only',
    'agent.yaml: shards: Too big: expected number to be <=64',
    'agent.yaml: policy.maxLifetimeSeconds: Too small: expected number to be >=1',
  ]);
});

test('no command, and one that does not exist, end with 2', async () => {
  assert.deepEqual(await agent(), { ...(await agent()), code: 2 });
  const { code, stderr } = await agent('walk');
  assert.deepEqual({ code, stderr }, { code: 2, stderr: "BAD_USAGE: unknown command 'walk'\n" });
});

test('the doctor finds this machine able', async () => {
  const { code, stdout } = await agent('doctor', '--json');
  const requirements = JSON.parse(stdout) as { name: string; ok: boolean; found: string }[];
  assert.equal(code, 0, stdout);
  assert.deepEqual(
    requirements.map(({ name }) => name),
    ['kernel', 'BTF', 'capabilities', 'ring memory', 'probe'],
  );
});

test('without capabilities the doctor says what is missing and what to do, and the agent does not start', async () => {
  const bare = ['--bounding-set=-all', '--inh-caps=-all', process.execPath, program];
  const doctor = await run('setpriv', ...bare, 'doctor');
  assert.equal(doctor.code, 3);
  assert.match(
    doctor.stdout,
    /MISSING {2}capabilities: none of CAP_BPF and CAP_PERFMON\n +Run as root, or with CAP_BPF/,
  );
  const options = ['--aggregator', '127.0.0.1:1', '--data', join(directory, 'bare'), '--insecure'];
  const started = await run('setpriv', ...bare, 'run', ...options);
  assert.equal(started.code, 3);
  assert.match(started.stderr, /^UNSUPPORTED_MACHINE: capabilities: none of CAP_BPF and CAP_PERFMON\. Run as root/);
});

test('an agent without its aggregator stays up, refuses a second one on its data, and stops on SIGTERM', async () => {
  const options = ['run', '--aggregator', '127.0.0.1:1', '--data', join(directory, 'agent'), '--insecure'];
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines = new EventEmitter();
  const said = (message: string) => once(lines, message);
  createInterface({ input: child.stdout }).on('line', (line) => lines.emit(JSON.parse(line).msg));
  await Promise.all([said('watching'), said('session lost')]);

  const second = await agent(...options);
  assert.deepEqual([second.code, second.stderr.split(':')[0]], [1, 'DATA_DIRECTORY_IN_USE']);

  const stopped = said('stopped');
  child.kill('SIGTERM');
  await stopped;
  assert.deepEqual(await exit, [0, null]);
});
