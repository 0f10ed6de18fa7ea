import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import type { Sighting } from '@connscan/model';
import { runClient, shownBy, spawnClient } from './run-client.ts';
import { startToldAggregator, type ToldAggregator } from './told-aggregator.ts';

const START_MS = Date.now() - 3_600_000;
const DAY_MS = 86_400_000;
const MODEL = 'connscan_internal_internal';

let aggregator: ToldAggregator;
let document: string;

/** So many services within as many seconds. */
function scanOf(source: string, services: number): Sighting[] {
  return Array.from({ length: services }, (_, n) => {
    const atMs = START_MS + n * 1000;
    const seen = { firstSeenMs: atMs, lastSeenMs: atMs, connections: 1 };
    return { source, destination: `10.0.1.${n + 1}`, port: 22, outcome: 'reset', ...seen };
  });
}

/** Sources that go on from service to service, two days before: with low thresholds a replay of them takes a while. */
function busyDays(): Sighting[] {
  return Array.from({ length: 40_000 }, (_, n) => {
    const [source, visit] = [n % 40, Math.floor(n / 40)];
    const atMs = START_MS - 2 * DAY_MS + visit * 9000 + source;
    const seen = { firstSeenMs: atMs, lastSeenMs: atMs, connections: 1 };
    return {
      ...{
        source: `10.0.2.${source + 1}`,
        destination: `10.3.${visit >> 8}.${visit & 255}`,
        port: 22,
      },
      ...{ outcome: 'reset', ...seen },
    };
  });
}

before(async () => {
  const sightings = [...scanOf('10.0.0.66', 40), ...scanOf('10.0.0.67', 12), ...busyDays()];
  aggregator = await startToldAggregator({ detections: [], sightings });
  document = join(aggregator.data, 'louder.yaml');
  await writeFile(document, `models: { ${MODEL}: { thresholds: { low: 20, medium: 30, high: 100 } } }\n`);
});

after(() => aggregator.close());

const run = (...args: readonly string[]) => runClient(aggregator, ...args);
const shown = (...args: readonly string[]) => shownBy(aggregator, ...args);
const json = async (...args: readonly string[]) => JSON.parse(await shown(...args, '--json'));

test('what-if tells what a policy would change: in all, against the threshold, by source and one by one', async () => {
  const { code, stdout, stderr } = await run('what-if', document, '--curve', '5,15,20');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^what-if [0-9a-f-]{36} is replayed; Ctrl-C cancels it\n$/);
  assert.match(stdout, /^52 sightings of all agents, from /);
  assert.match(stdout, /\.thresholds\.low: 10 → 20, by which the fleet sees less\n/);
  assert.match(stdout, /in force +10 +2 +1 +1 +0\n.* candidate +20 +1 +0 +1 +0\n/);
  assert.match(stdout, /\n0 detections are gained and 1 are lost; 1 sources change\n/);
  assert.match(
    stdout,
    /\n5 +2 +\d +█{30}\n10 +2 +\d +in force +█{30}\n15 +1 +\d +█{15}\n20 +1 +\d +candidate +█{15}\n/,
  );
  assert.match(stdout, /\nSources that change\n.*\n10\.0\.0\.67 +connscan_internal_internal +1 +0 +0 +1 +0 +0\n/);
  assert.match(stdout, /\nLost\n.*\n\S+ +10\.0\.0\.67 +LOW /);
});

test('what-if --json is the whole result, of a draft too, for agents of some labels', async () => {
  const { version } = await json('policy', 'set', document, '--draft', '--name', 'louder', '--reason', 'FY26-3');
  const whatIf = await json('what-if', '--version', `${version}`, '--label', 'site=lab', '--since', '2h');
  assert.deepEqual(whatIf.labels, [{ name: 'site', value: 'lab' }]);
  assert.equal(whatIf.changes.length, 2);
  assert.deepEqual([whatIf.result.sightings, whatIf.result.presentTotal], [0, 0]);
});

test('every wrong option of what-if is told at once', async () => {
  const { code, stderr } = await run(
    ...['what-if', '--label', 'lab', '--since', 'then', '--curve', '5,many', '--colour', 'red'],
  );
  assert.equal(code, 2);
  assert.deepEqual(
    stderr.split('\n').map((line) => line.slice(0, 30)),
    [
      'BAD_USAGE: red: unknown, see what-if --help',
      '--colour: unknown, see what-if --help',
      'file, --version: exactly one must be given',
      '--label: must be NAME=VALUE such as site=north',
      '--since: must be a time such as',
      '--curve: must be a whole number from 1 to 1024',
      '',
    ].map((line) => line.slice(0, 30)),
  );
  const unread = await run('what-if', join(aggregator.data, 'nothing.yaml'));
  assert.match(unread.stderr, /^BAD_USAGE: file: ENOENT/);
  assert.match((await run('what-if', '--version', '99')).stderr, /^BAD_USAGE: there is no policy of version 99\n$/);
});

test('Ctrl-C cancels a what-if on the aggregator too', async () => {
  // Those before it keep it waiting.
  const curve = Array.from({ length: 20 }, (_, n) => n + 1);
  const input = { document: '{}', since: new Date(START_MS - 3 * DAY_MS).toISOString(), curve };
  const start = 'mutation ($input: WhatIfInput!) { startWhatIf(input: $input) { ... on WhatIf { id } } }';
  for (let n = 0; n < 6; n++) await aggregator.query(start, { input });
  const child = spawnClient(aggregator, ['what-if', document]);
  const closed = once(child, 'close');
  let id: string | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    id = /^what-if (\S+) is replayed/.exec(line)?.[1];
    child.kill('SIGINT');
  }
  const [code] = await closed;
  assert.equal(code, 130);
  const { whatIf } = await aggregator.query('query ($id: ID!) { whatIf(id: $id) { state } }', { id });
  assert.deepEqual(whatIf, { state: 'CANCELLED' });
});

test('suggest finds thresholds, and writes the document that sets them', async () => {
  const file = join(aggregator.data, 'quiet.yaml');
  // Of a little more than an hour, of which a week has 168.
  const asked = ['suggest', '--per-week', '168', '--since', new Date(START_MS - 1000).toISOString()];
  const told = await shown(...asked, '--save', file);
  assert.match(told, /^52 sightings of all agents, from \S+ to \S+: a history of 1(\.\d)? h\n/);
  assert.match(told, /\nMODEL .*\n\S+ +in force +10 +25 +100 +\d\S*\n\S+ +suggested +13 +33 +130 +\d\S*\n/);
  assert.match(told, /\n0 detections are gained and 1 are lost; 1 sources change\n/);
  const yaml = await readFile(file, 'utf8');
  assert.ok(told.endsWith(`\nThe document for \`policy set\`\n${yaml}`));
  const set = await json('policy', 'set', file, '--name', 'quiet', '--draft', '--reason', 'FY26-4');
  assert.deepEqual(JSON.parse(set.document).models[MODEL].thresholds, { low: 13, medium: 33, high: 130 });
  const { result } = await json(...asked);
  assert.equal(result.suggestion.detectionsPerWeek, 168);
  const { code, stderr } = await run('suggest', '--per-week', 'few', '--until', 'then', '--colour');
  assert.equal(code, 2);
  assert.deepEqual(stderr.match(/--[\w-]+: /g), ['--colour: ', '--per-week: ', '--until: ']);
  const before = await run('suggest', '--per-week', '5', '--since', '90d', '--until', '80d');
  assert.deepEqual(
    [before.code, before.stderr.split('\n')[1]],
    [1, 'WHAT_IF_FAILED: there are no sightings then, from which thresholds could be told'],
  );
});

test('exceptions are made, listed with their hits, changed and removed', async () => {
  assert.equal(await shown('exceptions'), 'no exceptions\n');
  const scopes = ['--source', '10.0.0.9', '--source', '10.9.0.0/24', '--target', '10.0.2.0/24', '--port', '873'];
  const told = [
    '--process',
    '/usr/bin/rsync',
    '--owner',
    'storage\u001b[31m',
    '--reason',
    'FY26-9',
    '--expires',
    '30d',
  ];
  await shown('exceptions', 'add', 'backup', ...scopes, ...told);
  const [made] = await json('exceptions', 'list');
  const daysLeft = (Date.parse(made.expiresAt) - Date.now()) / 86_400_000;
  assert.ok(daysLeft > 29.9 && daysLeft <= 30);
  const takes = 'from 10.0.0.9/32 10.9.0.0/24, to 10.0.2.0/24, port 873, by /usr/bin/rsync';
  assert.match(
    await shown('exceptions'),
    new RegExp(`\nbackup +${takes} +0 +${made.expiresAt} +storage.\\[31m +FY26-9 `),
  );
  const changed = await json('exceptions', 'change', 'backup', '--any', 'target', '--port', '22', '--expires', 'never');
  const { updatedAt: _updatedAt, ...rest } = changed;
  const { updatedAt: _madeAt, ...before } = made;
  assert.deepEqual(rest, { ...before, targets: null, ports: [22], expiresAt: null });
  assert.equal(await shown('exceptions', 'remove', 'backup', '--reason', 'FY26-9'), 'exception backup was removed\n');
  const again = await run('exceptions', 'remove', 'backup');
  assert.deepEqual([again.code, again.stderr], [2, 'BAD_USAGE: there is no exception backup\n']);
});

test('every wrong option of an exception is told at once', async () => {
  const { code, stderr } = await run('exceptions', 'add', 'x', '--port', '0', '--expires', 'soon', '--colour');
  assert.equal(code, 2);
  assert.deepEqual(stderr.match(/--\w+: /g), ['--colour: ', '--port: ', '--expires: ', '--reason: ']);
});

test('what was decided of a habit is told, listed and taken back', async () => {
  assert.equal(await shown('habitual'), 'no habits\n');
  const service = ['10.0.0.5', '::ffff:10.0.0.9', '443'];
  const pinned = await shown('habitual', 'pin', ...service, '--reason', 'our checker');
  assert.equal(pinned, 'port 443 of 10.0.0.9 is pinned for 10.0.0.5\n');
  assert.match(await shown('habitual', '--source', '10.0.0.5'), /\n10\.0\.0\.5 +10\.0\.0\.9 +443 +pinned +not yet\n$/);
  assert.equal((await json('habitual', 'list', '--source', '10.0.0.6')).length, 0);
  assert.match(await shown('habitual', 'revoke', ...service), / is revoked for /);
  assert.match(await shown('habitual', 'forget', ...service, '--reason', 'gone'), / is as it was learnt again for /);
  const { code, stderr } = await run('habitual', 'pin', 'web', '10.0.0.9', '70000');
  assert.equal(code, 2);
  assert.match(stderr, /^BAD_USAGE: source: must be an IPv4 .*\nport: must be a whole number from 1 to 65535/);
});

test('commands, options and words of tuning are completed', async () => {
  assert.match(await shown('complete', '--', 'what'), /^what-if\t/);
  assert.match(await shown('complete', '--', 'what-if', '--ver'), /^--version\t/);
  assert.match(await shown('complete', '--', 'exceptions', ''), /^list\t.*\nadd\t.*\nchange\t.*\nremove\t/);
  assert.match(
    await shown('complete', '--', 'exceptions', 'change', '--any', ''),
    /^source\t\ntarget\t\nport\t\nprocess\t\n/,
  );
  assert.match(await shown('complete', '--', 'habitual', 're'), /^revoke\t/);
});
