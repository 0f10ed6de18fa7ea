import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@connscan/program';
import type { AgentMessage, Health, Hello, UplinkClient } from '@connscan/wire';
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';
import type { Queue } from './queue.ts';

/** Batches sent and not yet acknowledged at most; more would only wait in the aggregator. */
const WINDOW = 32;

/** How often the counters go up, in milliseconds: one lost record is visible at the aggregator within 5 s. */
const HEALTH_MS = 2000;

/** First and longest wait before a lost session is opened again, in milliseconds; each is drawn from 0 up to that. */
const BACKOFF = { initialDelay: 1000, maxDelay: 60_000, generator: fullJitterGenerator };

export type UplinkOptions = {
  readonly client: UplinkClient;
  readonly hello: Hello;
  readonly queue: Queue;
  readonly health: () => Health;
  readonly logger: Logger;
};

export type Uplink = {
  start(): void;
  /** Waits until all is acknowledged, at most `withinMs`, and ends the session; returns the batches left. */
  stop(withinMs: number): Promise<number>;
};

/** Keeps one session with the aggregator: sends what the queue holds, again where it was not acknowledged. */
export function createUplink({ client, hello, queue, health, logger }: UplinkOptions): Uplink {
  const stopping = new AbortController();
  let pump = () => {};
  let finished: Promise<void> = Promise.resolve();
  queue.onChange(() => pump());

  async function keepSession(): Promise<void> {
    const fresh = new ExponentialBackoff<number>(BACKOFF).next();
    let backoff = fresh;
    while (!stopping.signal.aborted) {
      const { acknowledged, reason } = await runSession();
      if (stopping.signal.aborted) return;
      if (acknowledged) backoff = fresh;
      logger.warn({ reason, waiting: queue.length(), retryMs: Math.round(backoff.duration) }, 'session lost');
      await delay(backoff.duration, undefined, { signal: stopping.signal }).catch(() => {});
      backoff = backoff.next(undefined);
    }
  }

  /** One session from Hello to its end, whatever ends it. */
  function runSession(): Promise<{ acknowledged: boolean; reason: string }> {
    return new Promise((resolve) => {
      const stream = client.session();
      let sent = 0;
      /** Numbers sent and not acknowledged, in order; one acknowledgement may stand for many. */
      const inFlight: number[] = [];
      let writable = true;
      let acknowledged = false;
      const write = (message: AgentMessage) => {
        writable = stream.write(message);
      };
      const sendHealth = () => write({ health: health() });

      pump = () => {
        while (writable && inFlight.length < WINDOW) {
          const batch = queue.after(sent);
          if (!batch) return;
          sent = batch.seq;
          inFlight.push(sent);
          write({ batch });
        }
      };
      const timer = setInterval(sendHealth, HEALTH_MS);
      const end = (reason: string) => {
        clearInterval(timer);
        stopping.signal.removeEventListener('abort', hangUp);
        pump = () => {};
        resolve({ acknowledged, reason });
      };
      const hangUp = () => {
        sendHealth();
        stream.end();
      };
      stopping.signal.addEventListener('abort', hangUp);

      stream.on('drain', () => {
        writable = true;
        pump();
      });
      stream.on('data', (message) => {
        acknowledged = true;
        if ('reject' in message && message.reject) {
          logger.error(message.reject, 'the aggregator can never store this batch; it is given up');
        } else if ('ack' in message && message.ack) {
          const { through } = message.ack;
          while (inFlight[0] !== undefined && inFlight[0] <= through) inFlight.shift();
          queue.acknowledge(through);
        }
      });
      stream.on('error', (error) => end(error.message));
      stream.on('end', () => end('ended by the aggregator'));

      write({ hello });
      sendHealth();
      pump();
    });
  }

  return {
    start() {
      finished = keepSession();
    },
    async stop(withinMs) {
      const empty = new Promise<void>((resolve) => {
        const check = () => queue.length() === 0 && resolve();
        queue.onChange(check);
        check();
      });
      const timeout = new AbortController();
      await Promise.race([empty, delay(withinMs, undefined, { signal: timeout.signal }).catch(() => {})]);
      timeout.abort();
      stopping.abort();
      await Promise.race([finished, delay(1000, undefined, { ref: false })]);
      client.close();
      return queue.length();
    },
  };
}
