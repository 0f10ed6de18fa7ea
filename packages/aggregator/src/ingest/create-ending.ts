import type { AggregatorStream } from '@connscan/wire';
import { status } from '@grpc/grpc-js';
import type { Refusal } from '../identity/peer-of.ts';

/** The end of a session that comes from outside: the aggregator stops, its agent is revoked, the stream is gone. */
export type Ending = {
  /** Aborted at the end: a message that is being stored is finished and answered. */
  readonly signal: AbortSignal;
  /** Resolves at the end with its reason, if there is one to tell. */
  readonly ended: Promise<Refusal | undefined>;
  end(reason: Refusal): void;
  reason(): Refusal | undefined;
  dispose(): void;
};

export function createEnding(call: AggregatorStream, stopping: AbortSignal): Ending {
  const controller = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<Refusal | undefined>();
  let reason: Refusal | undefined;

  function finish(why?: Refusal): void {
    if (controller.signal.aborted) return;
    reason = why;
    controller.abort();
    resolve(why);
  }
  const stop = () => finish({ code: status.UNAVAILABLE, details: 'the aggregator is stopping' });
  const close = () => finish();

  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();
  for (const event of ['close', 'cancelled']) call.once(event, close);
  return {
    signal: controller.signal,
    ended,
    end: finish,
    reason: () => reason,
    dispose: () => stopping.removeEventListener('abort', stop),
  };
}
