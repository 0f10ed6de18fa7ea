import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { WebhookSettings } from './output-settings.ts';
import { type Lookup, resolveTarget } from './resolve-target.ts';

export type WebhookMessage = {
  /** The same for every attempt: the receiver tells by it what it has already. */
  readonly id: string;
  readonly body: string;
};

export type WebhookOptions = {
  readonly secret: string;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly lookup?: Lookup | undefined;
};

/**
 * Posts a message, signed as the Standard Webhooks say, at the time of this attempt. Resolves when the receiver answered with
 * 2xx; throws for any other answer, a redirect included, which is not followed. Nothing of the answer but its status is read.
 */
export async function sendWebhook(
  { url: text, allowPrivate }: WebhookSettings,
  { id, body }: WebhookMessage,
  { secret, signal, now, lookup }: WebhookOptions,
): Promise<void> {
  const url = new URL(text);
  const { address, family } = await resolveTarget(url.hostname, { allowPrivate, ...(lookup && { lookup }) });
  const at = now();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'POST',
    signal,
    // The next delivery may be long after: the receiver would have closed a connection that is kept.
    agent: false,
    lookup: (_host, { all }, done) => {
      if (all) done(null, [{ address, family }]);
      else done(null, address, family);
    },
    ...(isIP(url.hostname.replace(/^\[|\]$/g, '')) ? {} : { servername: url.hostname }),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'connscan',
      'webhook-id': id,
      'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
  });
  // Also what breaks after the answer, which is all that counts.
  request.on('error', () => {});
  request.end(body);
  const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
  response.destroy();
  const { statusCode = 0 } = response;
  if (statusCode >= 300 && statusCode < 400)
    throw new Error(`the receiver answered ${statusCode}: redirects are not followed`);
  if (statusCode < 200 || statusCode >= 300) throw new Error(`the receiver answered ${statusCode}`);
}
