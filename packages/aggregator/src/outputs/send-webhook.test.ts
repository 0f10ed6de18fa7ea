import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { startHttpReceiver } from '../../test/http-receiver.ts';
import { sendWebhook } from './send-webhook.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const now = () => new Date();
const message = { id: 'one-1', body: '{"what":"ü"}' };

const send = (url: string, allowPrivate = true, signal = new AbortController().signal) =>
  sendWebhook({ url, allowPrivate }, message, { secret: SECRET, signal, now });

test('a message is signed so that the library of the standard takes it, and nobody without the secret could', async () => {
  const receiver = await startHttpReceiver(() => 204);
  await send(receiver.url);
  const [{ headers, body } = assert.fail()] = await receiver.received(1);
  assert.deepEqual(new Webhook(SECRET).verify(body, headers), { what: 'ü' });
  assert.equal(headers['webhook-id'], 'one-1');
  const other = new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`);
  assert.throws(() => other.verify(body, headers), { name: 'WebhookVerificationError' });
  await receiver.close();
});

test('any answer but 2xx is a failure, and its text is not read', async () => {
  for (const status of [404, 429, 500]) {
    const receiver = await startHttpReceiver(() => status);
    await assert.rejects(send(receiver.url), { message: `the receiver answered ${status}` });
    await receiver.close();
  }
});

test('a redirect is not followed, wherever it points', async () => {
  const inside = await startHttpReceiver(() => 200);
  const receiver = await startHttpReceiver((_received, response) => {
    response.writeHead(307, { location: inside.url }).end();
    return undefined;
  });
  await assert.rejects(send(receiver.url), { message: 'the receiver answered 307: redirects are not followed' });
  await receiver.close();
  await inside.close();
  assert.deepEqual(await inside.received(0), []);
});

test('an answer without an end is taken by its status', async () => {
  const receiver = await startHttpReceiver((_received, response) => {
    response.writeHead(200);
    const flood = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', flood);
    flood();
    return undefined;
  });
  await send(receiver.url);
  await receiver.close();
});

test('a receiver inside is refused before it is connected to, by address and by name', async () => {
  const receiver = await startHttpReceiver(() => 200);
  const { port } = new URL(receiver.url);
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433']) {
    await assert.rejects(send(`http://${host}:${port}/`, false), /is no public address/, host);
  }
  await receiver.close();
  assert.deepEqual(await receiver.received(0), []);
});

test('a receiver that does not answer is left', async () => {
  const receiver = await startHttpReceiver(() => undefined);
  const abort = new AbortController();
  const sent = send(receiver.url, true, abort.signal);
  await receiver.received(1);
  abort.abort();
  await assert.rejects(sent, { name: 'AbortError' });
  await receiver.close();
});
