import type { Batch } from '@connscan/wire';

/** Batches and bytes sent and not yet acknowledged at most; more would only wait in the aggregator. */
const MAX_BATCHES = 32;
const MAX_BYTES = 4 * 2 ** 20;

/** What a session has sent and not heard of again, in the order of sending. */
export type SendWindow = {
  hasRoom(): boolean;
  add(batch: Batch): void;
  /** Takes out this batch and all sent before it; nothing if it is not in here. Returns their numbers. */
  acknowledge(seq: number): number[];
};

export function createSendWindow(): SendWindow {
  const sent: { readonly seq: number; readonly bytes: number }[] = [];
  let bytes = 0;
  return {
    hasRoom: () => sent.length < MAX_BATCHES && bytes < MAX_BYTES,
    add({ seq, payload }) {
      sent.push({ seq, bytes: payload.length });
      bytes += payload.length;
    },
    acknowledge(seq) {
      const done = sent.splice(0, sent.findIndex((batch) => batch.seq === seq) + 1);
      for (const batch of done) bytes -= batch.bytes;
      return done.map((batch) => batch.seq);
    },
  };
}
