/** Events as they happen, for those who listen. */
export type Live<Event, Told> = {
  publish(events: readonly Event[]): void;
  /** Ends when the reader returns it, or with `close`. */
  subscribe(wanted: (event: Event) => boolean): AsyncIterableIterator<Told>;
  close(): void;
};

export type LiveOptions<Event, Told> = {
  /** Events that wait for one reader at most. */
  readonly queueLength: number;
  /** What a reader gets of an event, and of how many it lost since its last one, because it was slow. */
  readonly tell: (event: Event, missed: number) => Told;
};

type Reader<Event> = { offer(event: Event): void; end(): void };

/** Hands events to those who listen. A reader that lags loses its oldest events beyond `queueLength`. */
export function createLive<Event, Told>(options: LiveOptions<Event, Told>): Live<Event, Told> {
  const readers = new Set<Reader<Event>>();
  return {
    publish(events) {
      for (const event of events) for (const reader of readers) reader.offer(event);
    },
    subscribe(wanted) {
      const { reader, events } = createReader(wanted, options, () => readers.delete(reader));
      readers.add(reader);
      return events;
    },
    close() {
      for (const reader of readers) reader.end();
    },
  };
}

function createReader<Event, Told>(
  wanted: (event: Event) => boolean,
  { queueLength, tell }: LiveOptions<Event, Told>,
  onEnd: () => void,
) {
  const queue: Event[] = [];
  let missed = 0;
  let ended = false;
  let wake = () => {};

  const reader: Reader<Event> = {
    offer(event) {
      if (!wanted(event)) return;
      if (queue.push(event) > queueLength) {
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

  async function next(): Promise<IteratorResult<Told>> {
    while (!ended) {
      const event = queue.shift();
      if (event !== undefined) {
        const value = tell(event, missed);
        missed = 0;
        return { value, done: false };
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return { value: undefined, done: true };
  }

  async function finish(): Promise<IteratorResult<Told>> {
    reader.end();
    return { value: undefined, done: true };
  }

  // An object and not a generator: a generator cannot be returned while its `next` waits.
  const events: AsyncIterableIterator<Told> = {
    next,
    return: finish,
    [Symbol.asyncIterator]: () => events,
  };
  return { reader, events };
}
