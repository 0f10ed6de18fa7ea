import { setTimeout as delay } from 'node:timers/promises';
import type { ConnscanError } from '@connscan/model';
import type { Client } from '@urql/core';
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';
import type { DetectionFilter, WatchAnswer } from './answers.ts';
import { WATCH } from './documents.ts';
import { refusal } from './graphql-client.ts';

export type WatchListener = {
  readonly onAlert: (update: WatchAnswer['detections']) => void;
  /** The aggregator is not there; it is asked again after `retryMs`. */
  readonly onLost: (error: ConnscanError, retryMs: number) => void;
};

/** First and longest wait before a lost aggregator is asked again, in milliseconds. */
const BACKOFF = { initialDelay: 500, maxDelay: 10_000, generator: fullJitterGenerator };

/** Tells every alert that is committed from now on, for ever; throws BAD_USAGE if the aggregator refuses the filter. */
export async function watchDetections(
  client: Client,
  filter: DetectionFilter,
  listener: WatchListener,
): Promise<never> {
  const fresh = new ExponentialBackoff<number>(BACKOFF).next();
  let backoff = fresh;
  for (;;) {
    const { error, heard } = await watchOnce(client, filter, listener);
    if (error.code === 'BAD_USAGE') throw error;
    if (heard) backoff = fresh;
    listener.onLost(error, backoff.duration);
    await delay(backoff.duration);
    backoff = backoff.next(undefined);
  }
}

function watchOnce(
  client: Client,
  filter: DetectionFilter,
  { onAlert }: WatchListener,
): Promise<{ error: ConnscanError; heard: boolean }> {
  let heard = false;
  return new Promise((resolve) => {
    const { unsubscribe } = client.subscription<WatchAnswer>(WATCH, { filter }).subscribe(({ data, error }) => {
      if (error) {
        unsubscribe();
        resolve({ error: refusal(error), heard });
      } else if (data) {
        heard = true;
        onAlert(data.detections);
      }
    });
  });
}
