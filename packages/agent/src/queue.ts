import type { Batch, BatchKind } from '@connscan/wire';

/**
 * Batches on their way to the aggregator, in memory, until it has acknowledged them. Bounded: a full queue gives up the
 * oldest sightings first, then the oldest detections; a gap in the sequence numbers shows it to the aggregator.
 */
export type Queue = {
  /** Adds a batch and numbers it. */
  append(kind: BatchKind, payload: Uint8Array): void;
  /** The first batch with a number above `seq`; undefined if there is none. */
  after(seq: number): Batch | undefined;
  /** Forgets every batch up to `through`. */
  acknowledge(through: number): void;
  /** Batches not yet acknowledged. */
  length(): number;
  /** Batches given up because the queue was full. */
  dropped(): number;
  /** Called after each append and each acknowledge. */
  onChange(listener: () => void): void;
};

/** `maxBytes` counts payloads only. */
export function createQueue(maxBytes: number): Queue {
  // In the order of their numbers, as a Map keeps the order of insertion.
  const lanes: Record<BatchKind, Map<number, Batch>> = { LOSS: new Map(), DETECTIONS: new Map(), SIGHTINGS: new Map() };
  const listeners: (() => void)[] = [];
  let seq = 0;
  let bytes = 0;
  let dropped = 0;

  function append(kind: BatchKind, payload: Uint8Array): void {
    seq++;
    lanes[kind].set(seq, { seq, kind, payload });
    bytes += payload.length;
    while (bytes > maxBytes) dropOldest();
    changed();
  }

  function dropOldest(): void {
    const lane = lanes.SIGHTINGS.size > 0 ? lanes.SIGHTINGS : lanes.DETECTIONS;
    remove(lane, lane.keys().next().value!);
    dropped++;
  }

  function remove(lane: Map<number, Batch>, number: number): void {
    bytes -= lane.get(number)!.payload.length;
    lane.delete(number);
  }

  function after(number: number): Batch | undefined {
    const next = Object.values(lanes).map((lane) => firstAfter(lane, number));
    return next.reduce((a, b) => (a === undefined || (b !== undefined && b.seq < a.seq) ? b : a));
  }

  function acknowledge(through: number): void {
    for (const lane of Object.values(lanes)) {
      for (const number of lane.keys()) {
        if (number > through) break;
        remove(lane, number);
      }
    }
    changed();
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  return {
    append,
    after,
    acknowledge,
    length: () => lanes.SIGHTINGS.size + lanes.DETECTIONS.size,
    dropped: () => dropped,
    onChange: (listener) => listeners.push(listener),
  };
}

function firstAfter(lane: Map<number, Batch>, number: number): Batch | undefined {
  for (const batch of lane.values()) if (batch.seq > number) return batch;
  return undefined;
}
