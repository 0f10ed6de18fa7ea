import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { agentStatus, NOW_MS } from '../../test/agent-status.ts';
import { askStatus } from './ask-status.ts';
import { startStatusServer } from './start-status-server.ts';
import { statusCommand } from './status-command.ts';

async function serve(context: TestContext, { connected = true, metrics = false } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-'));
  context.after(() => rm(directory, { recursive: true }));
  const session = { state: connected ? 'connected' : 'connecting', sinceMs: NOW_MS, lastAckMs: NOW_MS } as const;
  const server = await startStatusServer({
    directory,
    ...(metrics && { metrics: { host: '127.0.0.1', port: 0 } }),
    snapshot: () => agentStatus({ session }),
    wallTimeMs: () => NOW_MS,
  });
  context.after(() => server.close());
  return { directory, server };
}

function get(port: number, path: string, host = '127.0.0.1'): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, async (response) => {
      resolve({ status: response.statusCode!, body: await text(response) });
    })
      .on('error', reject)
      .end();
  });
}

test('a running agent tells its status, to its own user only, and the command ends with 0', async (context) => {
  const { directory } = await serve(context);
  const { text, exitCode } = await statusCommand({ data: directory, json: true }, []);
  assert.deepEqual(JSON.parse(text).health, agentStatus().health);
  assert.deepEqual([exitCode, (await stat(join(directory, 'status.sock'))).mode & 0o777], [0, 0o600]);
  assert.match((await statusCommand({ data: directory }, [])).text, /^healthy\n/);
});

test('a degraded agent is told by the first line, and the command ends with 1', async (context) => {
  const { directory } = await serve(context, { connected: false });
  const { text, exitCode } = await statusCommand({ data: directory }, []);
  assert.match(text, /^degraded: there is no session with the aggregator\n/);
  assert.equal(exitCode, 1);
});

test('an agent that does not run, and one that was killed, are told as such', async (context) => {
  const { directory, server } = await serve(context);
  await server.close();
  const unreachable = { code: 'AGENT_UNREACHABLE', message: /: no agent runs in this directory$/ };
  await assert.rejects(askStatus(directory), unreachable);
  const killed = createServer().listen(join(directory, 'other'));
  await once(killed, 'listening');
  await assert.rejects(askStatus(join(directory, 'nowhere')), unreachable);
  killed.close();
});

test('the socket of an agent that was killed is taken over', async (context) => {
  const { directory, server } = await serve(context);
  await server.close();
  await writeFile(join(directory, 'status.sock'), '');
  const snapshot = () => agentStatus();
  const next = await startStatusServer({ directory, snapshot, wallTimeMs: () => NOW_MS });
  assert.equal((await askStatus(directory)).pid, 4711);
  await next.close();
});

test('over TCP there are the metrics and nothing else, for who calls by a loopback name', async (context) => {
  const { server } = await serve(context, { metrics: true });
  const { port } = server.metrics!;
  const metrics = await get(port, '/metrics', `localhost:${port}`);
  assert.match(metrics.body, /^connscan_agent_kernel_events_total 1000$/m);
  assert.equal((await get(port, '/status')).status, 404);
  assert.equal((await get(port, '/metrics', 'evil.example')).status, 403);
});

test('an address that is taken is told', async (context) => {
  const { directory, server } = await serve(context, { metrics: true });
  const options = { directory: `${directory}/missing`, snapshot: () => agentStatus(), wallTimeMs: () => NOW_MS };
  await assert.rejects(startStatusServer(options), { code: 'ADDRESS_UNUSABLE', message: /status\.sock/ });
  const taken = { ...options, directory, metrics: server.metrics };
  await server.close();
  const other = createServer().listen(server.metrics!.port, '127.0.0.1');
  await once(other, 'listening');
  await assert.rejects(startStatusServer(taken), { code: 'ADDRESS_UNUSABLE', message: /^status 127\.0\.0\.1:\d+: / });
  other.close();
});
