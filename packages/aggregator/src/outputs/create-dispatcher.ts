import type { Logger } from '@connscan/program';
import { halfJitterGenerator } from 'cockatiel';
import type { Database, DeliveryRow, OutputRow } from '../store/schema.ts';
import type { Sender } from './create-sender.ts';
import { reasonOf } from './delivery-reason.ts';
import { findDue, findOutputsDue, forgetFailed, saveArrival, saveFailure } from './outbox.ts';

/** Sends what waits in the store. */
export type Dispatcher = {
  /** Something was committed, or an output has changed. */
  wake(): void;
  /** Breaks off what is on its way; it is sent again by the next start. */
  stop(): Promise<void>;
};

export type DispatcherOptions = {
  readonly db: Database;
  readonly send: Sender;
  readonly wallMs: () => number;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly retry?: RetryOptions;
};

export type RetryOptions = {
  /** The first wait after a failure; each is twice as long as the one before, less up to a half by chance. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** How long a receiver may be away before a delivery is given up. */
  readonly giveUpMs: number;
  /** How often the store is asked what is due. */
  readonly checkMs: number;
  /** For one attempt. */
  readonly timeoutMs: number;
};

const RETRY: RetryOptions = {
  ...{ firstMs: 1000, longestMs: 15 * 60_000, giveUpMs: 86_400_000, checkMs: 1000, timeoutMs: 10_000 },
};

/** How many are on their way to one output at a time. A file is written, and a log told, in order. */
const CONCURRENCY = { webhook: 4, syslog: 1, file: 1 } as const;

/** What was given up is kept so long, to be sent again by hand. */
const KEEP_FAILED_MS = 30 * 86_400_000;
const FORGET_MS = 3_600_000;

/**
 * Works through the outbox, each output by itself: one that is slow or away holds up no other, nor the commits. A detection's
 * alerts go out one after the other.
 */
export function createDispatcher({ db, send, wallMs, log, retry = RETRY }: DispatcherOptions): Dispatcher {
  const stopping = new AbortController();
  /** Deliveries on their way, by their ids. */
  const flying = new Map<number, { readonly outputId: string; readonly attempt: Promise<void> }>();
  const failing = new Set<string>();
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  const now = () => new Date(wallMs());

  async function look(): Promise<void> {
    while (lookAgain && !stopping.signal.aborted) {
      lookAgain = false;
      for (const output of await findOutputsDue(db, now())) await fill(output);
    }
  }

  /** Starts as many deliveries of an output as there is room for. */
  async function fill(output: OutputRow): Promise<void> {
    const onTheirWay = new Set([...flying].filter(([, { outputId }]) => outputId === output.id).map(([id]) => id));
    const room = CONCURRENCY[output.kind] - onTheirWay.size;
    if (room <= 0) return;
    // Those on their way are still due, and are told as due if they arrive while this is asked.
    const due = await findDue(db, output.id, now(), room + onTheirWay.size);
    if (stopping.signal.aborted) return;
    for (const delivery of due.filter(({ id }) => !onTheirWay.has(id)).slice(0, room)) {
      const attempt = attemptTo(output, delivery)
        .catch((error) => log.error({ err: error, output: output.name }, 'the store failed'))
        .finally(() => {
          flying.delete(delivery.id);
          wake();
        });
      flying.set(delivery.id, { outputId: output.id, attempt });
    }
  }

  function wake(): void {
    lookAgain = true;
    looking ??= look()
      .catch((error) => log.error({ err: error }, 'the store failed'))
      .finally(() => {
        looking = undefined;
      });
  }

  async function attemptTo(output: OutputRow, delivery: DeliveryRow): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(retry.timeoutMs)]);
    try {
      await send(output, delivery.event, signal);
    } catch (error) {
      if (!stopping.signal.aborted) await fail(output, delivery, reasonOf(error, signal));
      return;
    }
    await saveArrival(db, delivery, now());
    if (failing.delete(output.id)) log.info({ output: output.name }, 'an output works again');
  }

  async function fail(output: OutputRow, delivery: DeliveryRow, error: string): Promise<void> {
    const [waitMs] = halfJitterGenerator(delivery.attempts, {
      ...{ initialDelay: retry.firstMs, maxDelay: retry.longestMs, exponent: 2, generator: halfJitterGenerator },
    });
    const isGivenUp = wallMs() - delivery.created.getTime() >= retry.giveUpMs;
    const due = isGivenUp ? undefined : new Date(wallMs() + waitMs);
    await saveFailure(db, delivery, { error, now: now(), due });
    // Once, and not for each attempt: how it goes on is in the store.
    if (!failing.has(output.id)) log.warn({ output: output.name, error }, 'an output fails');
    failing.add(output.id);
  }

  const check = setInterval(wake, retry.checkMs);
  const forget = setInterval(() => {
    forgetFailed(db, new Date(wallMs() - KEEP_FAILED_MS)).catch((error) =>
      log.error({ err: error }, 'the store failed'),
    );
  }, FORGET_MS);
  wake();

  return {
    wake,
    async stop() {
      clearInterval(check);
      clearInterval(forget);
      stopping.abort();
      await looking;
      await Promise.all([...flying.values()].map(({ attempt }) => attempt));
    },
  };
}
