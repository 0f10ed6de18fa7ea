import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@connscan/program';
import type { LiveDetections } from '../live/live-detections.ts';
import type { Database, OutputRow } from '../store/schema.ts';
import { createDispatcher } from './create-dispatcher.ts';
import { createSender } from './create-sender.ts';
import { reasonOf } from './delivery-reason.ts';
import { testEvent } from './test-event.ts';

/** Sends detections to where administrators said. */
export type Outputs = {
  /** Sends what was just put before outputs, without waiting for the next look. */
  wake(): void;
  /** Sends a made-up detection, once and at once; returns why it did not arrive, undefined if it did. */
  test(output: OutputRow): Promise<string | undefined>;
  stop(): Promise<void>;
};

export type OutputsOptions = {
  readonly db: Database;
  /** Data directory; files are in its folder `outputs`. */
  readonly data: string;
  readonly live: Pick<LiveDetections, 'subscribe'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
};

const TEST_TIMEOUT_MS = 10_000;

export function startOutputs({ db, data, live, log }: OutputsOptions): Outputs {
  const send = createSender({ folder: join(data, 'outputs'), hostname: hostname(), now: () => new Date() });
  const { wake, stop } = createDispatcher({ db, send, wallMs: Date.now, log });
  const committed = live.subscribe(() => true);
  void (async () => {
    for await (const _alert of committed) wake();
  })();
  return {
    wake,
    async test(output) {
      const signal = AbortSignal.timeout(TEST_TIMEOUT_MS);
      try {
        await send(output, testEvent(new Date(), randomBytes(16).toString('hex')), signal);
        return undefined;
      } catch (error) {
        return reasonOf(error, signal);
      }
    },
    async stop() {
      await committed.return?.();
      await stop();
    },
  };
}
