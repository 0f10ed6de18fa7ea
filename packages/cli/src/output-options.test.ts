import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type OutputArguments, readOutput } from './output-options.ts';

let folder: string;
let secretFile: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connscan-secret-'));
  secretFile = join(folder, 'secret');
  await writeFile(secretFile, 'whsec_abc\n');
});

after(() => rm(folder, { recursive: true }));

async function read(args: OutputArguments) {
  const problems: string[] = [];
  const { target, ...more } = await readOutput(args, problems);
  return { problems, target, more: JSON.parse(JSON.stringify(more)) };
}

test('a webhook has its secret from a file, where no list of processes shows it', async () => {
  const { problems, target } = await read({ webhook: 'https://example.org/', secretFile, allowPrivate: true });
  assert.deepEqual(problems, []);
  assert.deepEqual(target, { webhook: { url: 'https://example.org/', secret: 'whsec_abc', allowPrivate: true } });
});

test('syslog is told as transport, host and port, IPv6 in brackets', async () => {
  const { problems, target } = await read({ syslog: 'tls://siem.example.org:6514' });
  assert.deepEqual(problems, []);
  assert.deepEqual(JSON.parse(JSON.stringify(target)), {
    syslog: { transport: 'TLS', host: 'siem.example.org', port: 6514 },
  });
  const ipv6 = await read({ syslog: 'udp://[fd00::1]:514' });
  assert.deepEqual(JSON.parse(JSON.stringify(ipv6.target)), {
    syslog: { transport: 'UDP', host: 'fd00::1', port: 514 },
  });
});

test('a filter is the words of the schema', async () => {
  const { problems, more } = await read({
    ...{ file: 'a.ndjson', format: 'ocsf', severity: 'medium', confidence: 'confirmed' },
    ...{ alert: ['start', 'end'], untriaged: true },
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(more, {
    format: 'OCSF',
    filter: { severity: 'MEDIUM', confidence: 'CONFIRMED', alertTypes: ['START', 'END'], untriaged: true },
  });
});

test('every wrong option is told at once', async () => {
  const { problems } = await read({ webhook: 'x', syslog: 'siem:514', format: 'xml', alert: ['begin'] });
  assert.deepEqual(problems, [
    '--webhook, --syslog, --file: exactly one must be given',
    '--webhook, --secret-file: go together',
    '--alert: must be one of start, ongoing, end',
    '--format: must be one of connscan, ocsf, cef',
  ]);
  const { problems: others } = await read({ syslog: 'siem:514' });
  assert.deepEqual(others, ['--syslog: must be such as tls://siem.example.org:6514, with udp, tcp or tls']);
});
