import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '@connscan/lab';
import { decodeRecordingHeader, RECORDING_HEADER_BYTES } from '@connscan/wire';
import type { StatusAnswer } from '../src/status/agent-status.ts';
import { kernelSums } from '../src/status/kernel-sums.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const repository = fileURLToPath(new URL('../../..', import.meta.url));

let directory: string;
let lab: Lab;
before(async () => {
  lab = createLab({ targets: 1 });
  await lab.targets[0]!.serve(['silent:80']);
  directory = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(async () => {
  lab?.close();
  await rm(directory, { recursive: true });
});

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
  const options = ['--aggregator', '10.0.0.1:8471', '--config', config, '--insecure', '--verbose'];
  const { code, stderr } = await agent('run', ...options);
  assert.equal(code, 2);
  assert.deepEqual(stderr.trimEnd().replaceAll(`${directory}/`, '').split('\n'), [
    'BAD_USAGE: --verbose: unknown, see run --help',
    '--aggregator: must be a loopback address such as 127.0.0.1:8471, is "10.0.0.1:8471"',
    '--data: must name a directory',

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

/** An agent that watches only the lab, with what it logs. */
async function startAgent(context: TestContext, data: string, ...more: string[]) {
  const options = ['run', '--aggregator', '127.0.0.1:1', '--data', data, '--insecure', ...more];
  options.push('--netns', lab.source.netns);
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const lines = new EventEmitter();
  createInterface({ input: child.stdout }).on('line', (line) => lines.emit(JSON.parse(line).msg));
  return { child, options, said: (message: string) => once(lines, message) };
}

test('an agent stays up without its aggregator, and stops on SIGTERM', async (context) => {
  const { child, said } = await startAgent(context, join(directory, 'agent'));
  await Promise.all([said('watching'), said('session lost')]);
  const [exit, stopped] = [once(child, 'exit'), said('stopped')];
  child.kill('SIGTERM');
  await stopped;
  assert.deepEqual(await exit, [0, null]);
});

test('status tells what is wrong with a running agent, and sums that are exact', async (context) => {
  const data = join(directory, 'told-agent');
  const { said } = await startAgent(context, data);
  await Promise.all([said('watching'), said('session lost')]);
  const { code, stdout } = await agent('status', '--data', data, '--json');
  const { problems, health } = JSON.parse(stdout) as StatusAnswer;
  assert.equal(code, 1);
  assert.match(problems[0]!, /^there is no session with the aggregator: .*ECONNREFUSED/);
  const { unaccounted, waiting, lost } = kernelSums(health);
  assert.deepEqual({ unaccounted, waiting, lost }, { unaccounted: 0, waiting: 0, lost: 0 });
  assert.ok(health.canary.seen > 0);
  const text = await agent('status', '--data', data);
  assert.match(text.stdout, /^degraded: there is no session with the aggregator/);
  const nowhere = await agent('status', '--data', join(directory, 'nowhere'));
  assert.deepEqual([nowhere.code, nowhere.stderr.split(':')[0]], [1, 'AGENT_UNREACHABLE']);
});

test('a second agent is refused: for the same network namespaces, or on the same data', async (context) => {
  const data = join(directory, 'first');
  const { options, said } = await startAgent(context, data);
  await said('watching');
  const same = await agent(...options.with(4, join(directory, 'second')));
  assert.deepEqual([same.code, same.stderr.split(':')[0]], [1, 'SCOPE_IN_USE']);
  const other = await agent(...options.with(-1, lab.targets[0]!.netns));
  assert.deepEqual([other.code, other.stderr.split(':')[0]], [1, 'DATA_DIRECTORY_IN_USE']);
});

test('a restarted agent goes on with its tables; damaged ones are refused, and it starts cold', async (context) => {
  const data = join(directory, 'restarted');
  const restart = async (expected: string) => {
    const { child, said } = await startAgent(context, data);
    await Promise.all([said(expected), said('watching')]);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
    return join(data, 'detector-connscan_internal_internal-0.snapshot');
  };
  const file = await restart('watching');
  await restart('a snapshot is taken up');
  await writeFile(file, readFileSync(file).subarray(0, 100));
  await restart('a snapshot is refused; its shard starts cold');
  await restart('a snapshot is taken up');
});

test('a running agent has no capability in any thread, and cannot get one back', async (context) => {
  const { child, said } = await startAgent(context, join(directory, 'bare-agent'));
  await said('watching');
  const threads = globSync(`/proc/${child.pid}/task/*/status`).map((file) => readFileSync(file, 'utf8'));
  assert.ok(threads.length > 5);
  for (const status of threads) {
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'));
    assert.match(status, /^NoNewPrivs:\t1$/m);
  }
});

test('an agent whose config says so keeps the two capabilities that a whole snapshot takes', async (context) => {
  const config = join(directory, 'snapshots.yaml');
  await writeFile(config, 'snapshotPrivileges: true');
  const { child, said } = await startAgent(context, join(directory, 'looking-agent'), '--config', config);
  await said('watching');
  const threads = globSync(`/proc/${child.pid}/task/*/status`).map((file) => readFileSync(file, 'utf8'));
  for (const status of threads) assert.match(status, /^CapEff:\t0{11}80004$/m);
});

/** Runs a command of the agent as nobody with only the two capabilities that loading needs. */
function spawnAsNobody(...args: string[]): ChildProcess {
  // Where nobody may read the programs, wherever the repository is; it ends with the process.
  const mount = 'mount --bind "$0" /mnt && exec "$@"';
  const two = ['--inh-caps=-all,+bpf,+perfmon', '--ambient-caps=+bpf,+perfmon', '--bounding-set=-all,+bpf,+perfmon'];
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...two];
  const inside = (path: string) => join('/mnt', relative(repository, path));
  const command = [...nobody, inside(process.execPath), inside(program), ...args];
  return spawn('unshare', ['--mount', 'sh', '-c', mount, repository, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('as nobody with two capabilities, trace shows live transitions with the process behind them', async (context) => {
  const netns = `/run/netns/${lab.source.netns}`;
  const child = spawnAsNobody('trace', '--json', '--netns', netns);
  context.after(() => child.kill('SIGKILL'));
  const lines = on(createInterface({ input: child.stdout! }), 'line', { signal: AbortSignal.timeout(20_000) });
  const connect = `exec 3<>/dev/tcp/${lab.targets[0]!.address}/80`;
  let done = false;
  const connections = (async () => {
    while (!done) await lab.source.run('bash', ['-c', connect]);
  })();
  const steps: string[] = [];
  for await (const [line] of lines) {
    const { from, to, comm, remotePort, local } = JSON.parse(String(line));
    // Before it, there may be the end of a connection that was opened before the trace was.
    if (steps.length === 0 && to !== 'SYN_SENT') continue;
    assert.deepEqual({ comm, remotePort, local }, { comm: 'bash', remotePort: 80, local: lab.source.address });
    steps.push(`${from} ${to}`);
    if (to === 'CLOSE') break;
  }
  done = true;
  await connections;
  assert.deepEqual(steps.slice(0, 2), ['CLOSE SYN_SENT', 'SYN_SENT ESTABLISHED']);
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});

test('trace prints columns, and at the end what it saw and lost', async () => {
  const child = spawn(process.execPath, [program, 'trace', '--netns', lab.source.netns]);
  const lines = on(createInterface({ input: child.stdout }), 'line', { signal: AbortSignal.timeout(20_000) });
  const errors = text(child.stderr);
  assert.match(String((await lines.next()).value), /^TIME +PID +PROCESS +LOCAL +REMOTE +FROM +TO$/);
  await lab.source.run('bash', ['-c', `exec 3<>/dev/tcp/${lab.targets[0]!.address}/80`]);
  assert.match(
    String((await lines.next()).value),
    /^\d\d:\d\d:\d\d\.\d{3} \d+ +bash +10\.77\.0\.1:\d+ +10\.77\.0\.2:80 +CLOSE +SYN_SENT$/,
  );
  child.kill('SIGINT');
  assert.match(await errors, /^\d+ transitions, 0 lost\n$/);
});

test('record writes the records of the probe behind their header, and never over a file', async () => {
  const file = join(directory, 'recording');
  const child = spawn(process.execPath, [program, 'record', file, '--netns', lab.source.netns]);
  const errors = text(child.stderr);
  const exit = once(child, 'exit');
  const patience = AbortSignal.timeout(20_000);
  // The header is there once the probe is.
  while (!existsSync(file) || readFileSync(file).length < RECORDING_HEADER_BYTES) patience.throwIfAborted();
  for (let i = 0; i < 3; i++) await lab.source.run('bash', ['-c', `exec 3<>/dev/tcp/${lab.targets[0]!.address}/80`]);
  child.kill('SIGINT');
  assert.deepEqual(await exit, [0, null]);
  const [, records] = /^(\d+) records, 0 lost\n$/.exec(await errors) ?? [];
  assert.ok(Number(records) >= 3);
  const bytes = readFileSync(file);
  const { recordBytes } = decodeRecordingHeader(bytes);
  assert.equal(bytes.length, RECORDING_HEADER_BYTES + Number(records) * recordBytes);
  const again = await agent('record', file);
  assert.deepEqual([again.code, again.stderr.slice(0, 27)], [2, 'BAD_USAGE: FILE: EEXIST: fi']);
});
