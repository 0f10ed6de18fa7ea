/** Stories of the whole path: real probe, real scans, real programs. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Host } from '@connscan/lab';
import { askGraphql } from '../src/ask-graphql.ts';
import { awaitDetection, detectionOfSource } from '../src/detection-of-source.ts';
import { LAB_POLICY } from '../src/lab-policy.ts';
import { type RunningProgram, startProgram } from '../src/start-program.ts';
import { type Stack, startStack } from '../src/start-stack.ts';

const cli = fileURLToPath(import.meta.resolve('../../../packages/cli/src/main.ts'));
const traffic = fileURLToPath(new URL('./ordinary-traffic.ts', import.meta.url));
const refused = fileURLToPath(new URL('./refused-connection.ts', import.meta.url));
const run = promisify(execFile);

/** Far longer than any answer takes, even on a busy machine. */
const patience = () => AbortSignal.timeout(60_000);

const SERVICES = ['http:80', 'http:8080', 'banner:22', 'banner:25', 'silent:5432', 'silent:3306'];

type Agent = {
  readonly connected: boolean;
  readonly gaps: number;
  readonly rejected: number;
  readonly health: {
    readonly seen: number;
    readonly submitted: number;
    readonly reserveFailed: number;
    readonly recursionMisses: number;
    readonly spool: { readonly lostFull: number; readonly lostDamage: number };
    readonly filtered: readonly { readonly reason: string; readonly count: number }[];
  };
};

let stack: Stack;
let restarted: RunningProgram | undefined;
before(async () => {
  stack = await startStack({
    targets: 3,
    services: SERVICES,
    http: '127.0.0.1:0',
    grpc: '127.0.0.1:0',
    config: { policy: LAB_POLICY, snapshotPrivileges: true },
    say: () => {},
  });
});
after(async () => {
  await stack?.stop();
  await restarted?.stop();
});

async function connscan<Answer>(...args: string[]): Promise<Answer> {
  const { stdout } = await run(process.execPath, [
    cli,
    ...args,
    '--url',
    stack.url,
    '--token-file',
    stack.tokenFile,
    '--json',
  ]);
  return JSON.parse(stdout) as Answer;
}

/** Records that the agent's detector has taken in, as the aggregator was told. */
async function processed(): Promise<number> {
  const { agents } = await askGraphql<{ agents: { health: { processed: number } | null }[] }>(
    stack,
    '{ agents { health { processed } } }',
  );
  return agents[0]?.health?.processed ?? 0;
}

/** Scans the open ports of all other hosts of the lab. */
async function scanFrom(host: Host): Promise<void> {
  const others = [stack.lab.source, ...stack.lab.targets].filter((other) => other !== host);
  const ports = SERVICES.map((service) => service.split(':')[1]).join(',');
  // Slowly enough to be looked at while it runs.
  const words = ['-sT', '-n', '-Pn', '--max-rate', '20', '-p', ports];
  await host.run('nmap', [...words, ...others.map(({ address }) => address)]);
}

test('ordinary HTTP traffic to every service raises nothing', async () => {
  const { source, targets } = stack.lab;
  const urls = targets.flatMap(({ address }) => [`http://${address}:80/`, `http://${address}:8080/`]);
  const before = await processed();
  const output = await source.run(process.execPath, [traffic, '50', ...urls]);
  assert.equal(output, `${urls.length * 2 * 50} answers\n`);
  // One refused connection behind it: when that has come through, so has everything before.
  await source.run(process.execPath, [refused, targets[0]!.address]);
  const signal = patience();
  while ((await processed()) === before) signal.throwIfAborted();
  assert.equal(await detectionOfSource(stack, source.address), undefined);
});

test('a scan of nothing but open ports, whose every handshake succeeds, is detected', async () => {
  const { source } = stack.lab;
  await scanFrom(source);
  const { detection } = (await awaitDetection(stack, source.address, patience()))!;
  assert.equal(detection.model, 'connscan_internal_internal');
  assert.deepEqual(detection.techniques, ['T1046']);
  assert.equal(detection.rule, 'THRESHOLD');
  assert.ok(detection.distinctServices >= 10 && detection.distinctServices <= 18, `${detection.distinctServices}`);
});

test('the detection names the scanner, and the snapshot of its endpoint follows', async () => {
  const { address } = stack.lab.source;
  const signal = patience();
  let detection = await detectionOfSource(stack, address);
  while (!detection?.snapshot) {
    signal.throwIfAborted();
    detection = await detectionOfSource(stack, address);
  }
  assert.equal(detection.process?.comm, 'nmap');
  assert.equal(detection.process.exe, '/usr/bin/nmap');
  assert.equal(detection.snapshot.commandLine?.[0], 'nmap');
  assert.deepEqual(
    [detection.snapshot.exe?.path, detection.snapshot.exe?.package, detection.snapshot.exe?.sha256?.length],
    ['/usr/bin/nmap', 'nmap', 64],
  );
});

test('a touched service shows who listens on it', async () => {
  const { source } = stack.lab;
  // Both ends of the lab are this host: the service's own sensor tells who listens.
  const query = `{ detections(filter: { source: "${source.address}" }) { nodes { samples { listener { comm } } } } }`;
  type Answer = { detections: { nodes: { samples: { listener: { comm: string } | null }[] }[] } };
  const signal = patience();
  let listeners: (string | undefined)[] = [];
  while (!listeners.some(Boolean)) {
    signal.throwIfAborted();
    const { detections } = await askGraphql<Answer>(stack, query);
    listeners = detections.nodes[0]!.samples.map(({ listener }) => listener?.comm);
  }
  assert.ok(
    listeners.every((comm) => comm === undefined || comm === 'MainThread' || comm === 'node'),
    String(listeners),
  );
});

test('the client and any HTTP client are told the same', async () => {
  const { source } = stack.lab;
  const signal = patience();
  for (;;) {
    signal.throwIfAborted();
    const shown = await detectionOfSource(stack, source.address);
    const listed = await connscan<Record<string, unknown>[]>('detections', '--source', source.address);
    assert.equal(listed.length, 1);
    // In between, another sensor may have told more of the scan.
    if (listed[0]!.revision !== shown!.revision) continue;
    for (const [field, value] of Object.entries(shown!)) {
      if (!['agent', 'process', 'snapshot'].includes(field)) assert.deepEqual(listed[0]![field], value, field);
    }
    return;
  }
});

test('the client shows the agent, connected, and that nothing was lost', async () => {
  const [agent] = await connscan<Agent[]>('agents');
  assert.equal(agent?.connected, true);
  assert.deepEqual([agent.gaps, agent.rejected], [0, 0]);
  const { seen, submitted, reserveFailed, recursionMisses, spool, filtered } = agent.health;
  assert.deepEqual([reserveFailed, recursionMisses, spool.lostFull, spool.lostDamage], [0, 0, 0, 0]);
  assert.equal(
    seen,
    filtered.reduce((sum, { count }) => sum + count, submitted),
  );
});

test('a watcher is told of each new scan, also after the aggregator was killed and started again', async (context) => {
  const args = [cli, 'watch', '--url', stack.url, '--token-file', stack.tokenFile, '--json'];
  const watcher = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  context.after(() => watcher.kill());
  const alerts = on(createInterface({ input: watcher.stdout }), 'line', { signal: patience() });
  const states = on(createInterface({ input: watcher.stderr }), 'line', { signal: patience() });
  const nextState = async () => String((await states.next()).value);
  const nextSource = async () => JSON.parse(String((await alerts.next()).value)).source;
  const [first, second] = stack.lab.targets;

  assert.match(await nextState(), /^watching http/);
  await scanFrom(first!);
  assert.equal(await nextSource(), first!.address);

  await restartAggregator();
  assert.match(await nextState(), /^AGGREGATOR_UNREACHABLE: .*; again in \d/);
  await scanFrom(second!);
  while ((await nextSource()) !== second!.address);
});

/** kill -9, and a new process on the same data and ports. */
async function restartAggregator(): Promise<void> {
  const { process: child, ready } = stack.aggregator;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  const { http, grpc } = ready;
  const serve = [
    'serve',
    '--data',
    `${stack.data}/aggregator`,
    '--http',
    String(http),
    '--grpc',
    String(grpc),
    '--insecure',
  ];
  restarted = await startProgram('connscan-aggregator', serve, 'listening');
}
