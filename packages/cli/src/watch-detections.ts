import { setTimeout as delay } from 'node:timers/promises';
import { ConnscanError } from '@connscan/model';
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';
import type { Detection, DetectionFilter, WatchAnswer } from './answers.ts';
import { WATCH } from './documents.ts';
import { findDetections } from './find-detections.ts';
import { type Aggregator, createGraphqlClient, refusal } from './graphql-client.ts';

export type WatchListener = {
  /** From now on every alert is told. */
  readonly onWatching: () => void;
  readonly onAlert: (detection: Detection) => void;
  /** The aggregator is not there; it is asked again after `retryMs`. */
  readonly onLost: (error: ConnscanError, retryMs: number) => void;
};

/** First and longest wait before a lost aggregator is asked again, in milliseconds. */
const BACKOFF = { initialDelay: 500, maxDelay: 10_000, generator: fullJitterGenerator };

/** Detections asked for when a stream begins, to find what changed while there was none. */
const CATCH_UP = 1000;

/** Detections whose last revision is remembered. */
const REMEMBERED = 10_000;

/**
 * Tells every alert from now on once, for ever, also those that were committed while the aggregator was out of reach (of
 * each detection the latest). Throws BAD_USAGE if the aggregator refuses the filter, and
 * ACCESS_REFUSED if it refuses the token.
 */
export async function watchDetections(
  aggregator: Aggregator,
  filter: DetectionFilter,
  listener: WatchListener,
): Promise<never> {
  const fresh = new ExponentialBackoff<number>(BACKOFF).next();
  let backoff = fresh;
  /** Last revision told, by id; undefined until it is known what there was before. */
  let told: Map<string, number> | undefined;
  for (;;) {
    const error = await watchOnce();
    if (error.code === 'BAD_USAGE' || error.code === 'ACCESS_REFUSED') throw error;
    listener.onLost(error, backoff.duration);
    await delay(backoff.duration);
    backoff = backoff.next(undefined);
  }

  /** One stream from its beginning to the error that ends it. */
  async function watchOnce(): Promise<ConnscanError> {
    const { promise: ended, resolve: end } = Promise.withResolvers<ConnscanError>();
    const client = createGraphqlClient(aggregator, () => {
      catchUp().then(() => {
        backoff = fresh;
        listener.onWatching();
      }, end);
    });
    const find = () => findDetections(client, filter, CATCH_UP);
    const catchUp = async () => {
      for (const detection of (await find()).reverse()) tell(detection);
    };
    try {
      told ??= new Map((await find()).map(({ id, revision }) => [id, revision]));
    } catch (error) {
      if (error instanceof ConnscanError) return error;
      throw error;
    }
    const { unsubscribe } = client.subscription<WatchAnswer>(WATCH, { filter }).subscribe(({ data, error }) => {
      if (error) end(refusal(error));
      else if (data?.detections.missed) catchUp().catch(end);
      else if (data) tell(data.detections.detection);
    });
    const error = await ended;
    unsubscribe();
    return error;
  }

  function tell(detection: Detection): void {
    const { id, revision } = detection;
    if (!told || revision <= (told.get(id) ?? 0)) return;
    told.delete(id);
    told.set(id, revision);
    if (told.size > REMEMBERED) told.delete(told.keys().next().value!);
    listener.onAlert(detection);
  }
}
