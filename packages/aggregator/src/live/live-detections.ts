import type { DetectionRow } from '../store/schema.ts';

/** An alert that was just committed. `missed`: alerts lost to this reader since its last one, because it was slow. */
export type LiveDetection = { readonly detection: DetectionRow; readonly missed: number };

export type LiveDetections = {
  publish(alerts: readonly DetectionRow[]): void;
  /** Ends when the reader returns it, or with `close`. */
  subscribe(wanted: (alert: DetectionRow) => boolean): AsyncIterableIterator<LiveDetection>;
  close(): void;
};

type Reader = { offer(alert: DetectionRow): void; end(): void };

/** Hands committed alerts to those who listen. A reader that lags loses its oldest alerts beyond `queueLength`. */
export function createLiveDetections({ queueLength }: { readonly queueLength: number }): LiveDetections {
  const readers = new Set<Reader>();
  return {
    publish(alerts) {
      for (const alert of alerts) for (const reader of readers) reader.offer(alert);
    },
    subscribe(wanted) {
      const { reader, events } = createReader(wanted, queueLength, () => readers.delete(reader));
      readers.add(reader);
      return events;
    },
    close() {
      for (const reader of readers) reader.end();
    },
  };
}

function createReader(wanted: (alert: DetectionRow) => boolean, queueLength: number, onEnd: () => void) {
  const queue: DetectionRow[] = [];
  let missed = 0;
  let ended = false;
  let wake = () => {};

  const reader: Reader = {
    offer(alert) {
      if (!wanted(alert)) return;
      if (queue.push(alert) > queueLength) {
        queue.shift();
        missed++;
      }
      wake();
    },
    end() {
      ended = true;
      onEnd();
      wake();
    },
  };

  async function next(): Promise<IteratorResult<LiveDetection>> {
    while (!ended) {
      const detection = queue.shift();
      if (detection) {
        const value = { detection, missed };
        missed = 0;
        return { value, done: false };
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return { value: undefined, done: true };
  }

  async function finish(): Promise<IteratorResult<LiveDetection>> {
    reader.end();
    return { value: undefined, done: true };
  }

  // An object and not a generator: a generator cannot be returned while its `next` waits.
  const events: AsyncIterableIterator<LiveDetection> = {
    next,
    return: finish,
    [Symbol.asyncIterator]: () => events,
  };
  return { reader, events };
}
