import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Detection, Sighting } from '@connscan/model';
import { startToldAggregator, type ToldAggregator } from './told-aggregator.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('../src/main.ts'));
const START_MS = Date.now() - 60_000;

let aggregator: ToldAggregator;

const idOf = (number: number) => number.toString(16).padStart(32, '0');

function sightingOf(number: number): Sighting {
  const seen = { firstSeenMs: START_MS, lastSeenMs: START_MS + 250 };
  return { source: '10.0.0.66', destination: `10.0.1.${number}`, port: 22, outcome: 'reset', connections: 1, ...seen };
}

function detectionOf(number: number, change: Partial<Detection> = {}): Detection {
  const { source, ...sample } = sightingOf(1);
  return {
    ...{ id: idOf(number), revision: 1, model: 'connscan_internal_internal', alertType: 'start', severity: 'low' },
    ...{ confidence: 'tentative', rule: 'threshold', threshold: 10, source: `10.0.0.${number}`, atLeast: false },
    ...{ distinctServices: 12, distinctHosts: 12, distinctPorts: 1, failedServices: 0, slowServices: 12 },
    ...{ habitualServices: 0, firstSeenMs: START_MS, lastSeenMs: START_MS + 250, startedMs: START_MS + number },
    connections: { reset: 12, empty_close: 0, responder_reset: 0, refused: 0, unanswered: 0 },
    topPorts: [{ port: 22, hosts: 12 }],
    samples: [sample],
    techniques: ['T1046'],
    ...change,
  } as Detection;
}

before(async () => {
  const scan = detectionOf(66, {
    severity: 'high',
    confidence: 'confirmed',
    process: { pid: 4711, startedMs: START_MS - 1000, comm: 'nm\u001bap', uid: 0 },
  });
  const others = Array.from({ length: 149 }, (_, n) => detectionOf(100 + n));
  // One less than what the aggregator would take for a scan by itself.
  const sightings = Array.from({ length: 9 }, (_, n) => sightingOf(n + 1));
  aggregator = await startToldAggregator({ detections: [scan, ...others], sightings });
});

after(() => aggregator.close());

async function run(...args: readonly string[]) {
  const env = { ...process.env, CONNSCAN_URL: `${aggregator.origin}/graphql`, CONNSCAN_TOKEN: aggregator.token };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

async function shown(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 0, stderr);
  assert.ok(!stdout.includes('\u001b'), 'what a host calls itself speaks to the terminal');
  return stdout;
}

async function json(...args: readonly string[]) {
  return JSON.parse(await shown(...args, '--json'));
}

test('detections lists the latest 50, all of them page by page, or those that a filter chooses', async () => {
  assert.equal((await json('detections')).length, 50);
  assert.equal((await json('detections', '--all')).length, 150);
  const table = await shown('detections', '--severity', 'high', '--since', '1h', '--network', '10.0.0.0/25');
  assert.match(table, /^STARTED +SOURCE +SEVERITY/);
  assert.match(table, /10\.0\.0\.66 +HIGH +CONFIRMED.* +nm\?ap 4711 +web\?\[31m1 +0+42\n$/);
  assert.equal(table.split('\n').length, 3);
  assert.equal(await shown('detections', '--until', '1h'), 'no detections\n');
});

test('detections come in the order that is asked for, on every page', async () => {
  const found = async (...args: string[]): Promise<{ severity: string; startedAt: string }[]> =>
    json('detections', '--all', ...args);
  const newest = await found();
  assert.deepEqual(await found('--order', 'oldest'), newest.toReversed());
  const severe = await found('--order', 'severity');
  assert.deepEqual([severe.length, severe[0]!.severity], [150, 'HIGH']);
  assert.equal((await found('--order', 'last-seen')).length, 150);
  const { code, stderr } = await run('detections', '--order', 'mood', '--port', '0');
  assert.equal(code, 2);
  assert.deepEqual(stderr.match(/--\w+: /g), ['--order: ', '--port: ']);
});

test('detection shows everything about one: why it fired, who saw it, what it touched, its time, and how to stop it', async () => {
  const told = await shown('detection', idOf(66));
  assert.match(told, /^detection: +0+42\nsource: +10\.0\.0\.66\nseverity: +HIGH, CONFIRMED/);
  assert.match(
    told,
    /\nwhy: +THRESHOLD, 10 or more distinct services within the rollup period: 12 services on 12 hosts/,
  );
  assert.match(told, /\nSeen by\nHOST +SIDE +SERVICES +HOSTS +AGENT\nweb\?\[31m1 /);
  assert.match(told, /\nThe latest services\n.*\n10\.0\.1\.1 +22 +RESET/);
  assert.match(told, /\nTimeline\n.*\n.* START +HIGH +CONFIRMED +12 +12/);
  assert.match(told, /\nTo stop it.*\nnft .*10\.0\.0\.66/);
  assert.equal((await json('detection', 'show', idOf(66))).alerts.length, 1);
  const { code, stderr } = await run('detection', idOf(1));
  assert.deepEqual([code, stderr], [2, `BAD_USAGE: id: there is no detection ${idOf(1)}\n`]);
});

test('what people make of a detection is shown with it, and can be asked for', async () => {
  await shown('detection', 'ack', idOf(66), '--comment', 'ours?');
  assert.match(await shown('detection', idOf(66)), /\nstate: +OPEN, acknowledged\n(.*\n)*Comments\n.*\n.* ours\?\n/);
  assert.equal((await json('detections', '--triage', 'acknowledged')).length, 1);
});

test('sources and source show who touched what', async () => {
  assert.match(await shown('sources'), /\n10\.0\.0\.66 +9 +9 +\d+ \/ 10 +9 RESET/);
  const source = await shown('source', '::ffff:10.0.0.66');
  assert.match(source, /\nServices\nADDRESS +PORT.*\n10\.0\.1\.1 +22 +ssh +1 RESET/);
  assert.match(source, /\nDetections\n.*\n.* HIGH +CONFIRMED +OPEN +12 +12 +0+42\n/);
  const { code, stderr } = await run('source', 'nobody', '--since', 'then');
  assert.equal(code, 2);
  assert.deepEqual(
    stderr.split('\n').map((line) => line.slice(0, 40)),
    ['BAD_USAGE: --since: must be a time such as ', 'address: must be an IPv4 or IPv6 address', ''].map((line) =>
      line.slice(0, 40),
    ),
  );
});

test('trend draws what was, by what it is asked for', async () => {
  assert.match(await shown('trend'), /┤(?:.*\n)+KEY +COUNT\nLOW +149\nHIGH +1\n$/);
  assert.match(await shown('trend', '--by', 'port', '--since', '7d'), /\n22 +9\n$/);
  assert.deepEqual(
    (await json('trend', '--by', 'outcome')).buckets.map(({ key }: { key: string }) => key),
    ['RESET'],
  );
  const { code, stderr } = await run('trend', '--by', 'mood', '--since', '1h', '--until', '2h');
  assert.deepEqual([code, stderr], [2, 'BAD_USAGE: --by: must be one of severity, outcome, port\n']);
});

test('agents lists the agents', async () => {
  assert.match(await shown('agents'), /^HOST .*\nweb\?\[31m1 +(LIVE|SILENT)/);
});

test('outputs are made, tried, shown and removed by name', async () => {
  assert.equal(await shown('outputs'), 'no outputs\n');
  await shown('outputs', 'create', 'siem', '--file', 'siem.ndjson', '--format', 'ocsf', '--severity', 'medium');
  assert.equal(await shown('outputs', 'test', 'siem'), 'it arrived\n');
  const line = await readFile(join(aggregator.data, 'outputs', 'siem.ndjson'), 'utf8');
  assert.equal(JSON.parse(line).class_uid, 2004);
  const secret = join(aggregator.data, 'secret');
  await writeFile(secret, `whsec_${Buffer.alloc(32, 1).toString('base64')}\n`);
  await shown('outputs', 'create', 'hook', '--webhook', 'http://127.0.0.1:1/x', '--secret-file', secret);
  const failed = await run('outputs', 'test', 'hook');
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /^it did not arrive: 127\.0\.0\.1: is no public address/);
  assert.match(await shown('outputs', 'list'), /\nsiem +FILE +OCSF +siem\.ndjson +MEDIUM and up +ACTIVE +0 +0 +0 /);
  assert.match(await shown('outputs', 'disable', 'siem'), / DISABLED /);
  for (const name of ['siem', 'hook']) await shown('outputs', 'remove', name);
  const { code, stderr } = await run('outputs', 'remove', 'siem');
  assert.deepEqual([code, stderr], [2, 'BAD_USAGE: output: there is none of the name or id "siem"\n']);
});

const MODEL = 'connscan_internal_internal';

/** A file with a policy of one threshold. */
async function policyFile(low: number): Promise<string> {
  const file = join(aggregator.data, `low-${low}.yaml`);
  await writeFile(file, `models: { ${MODEL}: { thresholds: { low: ${low}, medium: 100, high: 1000 } } }\n`);
  return file;
}

test('policy diff shows what changes between two versions, or to what is in force, and what weakens', async () => {
  const set = async (low: number, ...more: readonly string[]) =>
    (await json('policy', 'set', await policyFile(low), '--reason', 'a test', ...more)).version;
  const [one, two, draft] = [await set(20), await set(15), await set(30, '--draft')];
  const path = `models.${MODEL}.thresholds.low`;
  assert.match(
    await shown('policy', 'diff', `${two}`, `${draft}`),
    /^SETTING +BEFORE +AFTER +FLEET\n.*\.low +15 +30 +sees less\n$/,
  );
  assert.deepEqual(await json('policy', 'diff', `${one}`), [{ path, before: '20', after: '15', weakens: false }]);
  const labelled = await json('policy', 'diff', `${one}`, `${two}`, '--label', 'site=north');
  assert.equal(labelled.length, 1);
  assert.equal(await shown('policy', 'diff', `${two}`), 'nothing changes\n');
  const { code, stderr } = await run('policy', 'diff', 'x', 'y', '--label', 'z');
  assert.deepEqual([code, stderr.split('\n').length], [2, 4]);
  assert.match((await run('policy', 'diff', '1', '99')).stderr, /no policy of version 99/);
});

test('a draft is rolled out in stages, paused, resumed, advanced and rolled back alone', async () => {
  const set = async (low: number, ...more: readonly string[]) =>
    `${(await json('policy', 'set', await policyFile(low), '--reason', 'a test', '--draft', ...more)).version}`;
  assert.equal(await shown('policy', 'rollout'), 'no roll-outs\n');
  const version = await set(25);
  const begun = await shown(
    'policy',
    'rollout',
    version,
    '--stage',
    '50%',
    '--stage',
    '0.75',
    '--stage',
    '1',
    '--forecast',
    '6',
  );
  assert.match(
    begun,
    new RegExp(`^VERSION +NAME +STATE .*\\n${version} +default +RUNNING +1 of 3 +50 % +0 of [01] +0 +0 +0, 5 allowed`),
  );
  assert.match(await shown('policy', 'pause', version, '--reason', 'let me see'), / PAUSED .* let me see\n$/);
  const paused = await run('policy', 'rollout', version, '--watch', '--json');
  assert.deepEqual([paused.code, JSON.parse(paused.stdout).state], [1, 'PAUSED']);
  assert.match(await shown('policy', 'resume', version), / RUNNING +1 of 3 /);
  assert.match((await run('policy', 'advance', version)).stderr, /--reason/);
  assert.match(await shown('policy', 'advance', version, '--reason', 'in a hurry'), / RUNNING +2 of 3 +75 % /);
  assert.equal((await json('policy', 'rollout'))[0].factor, 2);
  assert.match(await shown('policy', 'withdraw', version, '--reason', 'too loud'), / ROLLED_BACK .* too loud\n$/);
  assert.match((await run('policy', 'rollout', version)).stderr, /^BAD_USAGE: version \d+ was withdrawn/);
  const { code, stderr } = await run('policy', 'rollout', '--watch', '--stage', 'half', '--soak', 'long');
  assert.equal(code, 2);
  assert.deepEqual(
    stderr.split('\n').map((line) => line.replace('BAD_USAGE: ', '').split(':')[0]),
    ['--stage', '--soak', 'version', ''],
  );
  // No agent has the label, so there is nobody to wait for.
  const elsewhere = await set(26, '--name', 'elsewhere', '--label', 'site=elsewhere');
  const watched = await shown('policy', 'rollout', elsewhere, '--stage', '1', '--forecast', '0', '--watch');
  assert.match(watched, / DONE +1 of 1 +100 % +0 of 0 /);
});

test('watch prints an alert as one line of JSON, and says on standard error that it watches', async () => {
  const env = { ...process.env, CONNSCAN_URL: `${aggregator.origin}/graphql`, CONNSCAN_TOKEN: aggregator.token };
  const child = spawn(process.execPath, [PROGRAM, 'watch', '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [watching] = await once(child.stderr, 'data');
  assert.match(String(watching), /^watching http/);
  child.kill();
  await once(child, 'close');
});

test('completion prints a script of each shell, and completes commands, options and words', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) assert.match(await shown('completion', shell), /connscan/);
  assert.match(await shown('complete', '--', 'outputs', 'cre'), /^create\t/);
  assert.match(await shown('complete', '--', 'detections', '--severity', ''), /^low\t\nmedium\t\nhigh\t\n/);
});
