/** A value that changes, and who follows it: a reader that lags sees the latest and none of those before. */
export type Latest<Value> = {
  set(value: Value): void;
  /** The value is the last one. */
  end(): void;
  /** The value as it is, then each change. Ends behind the last one, or when the reader returns it. */
  follow(): AsyncIterableIterator<Value>;
};

export function createLatest<Value>(first: Value): Latest<Value> {
  let latest = first;
  let version = 0;
  let ended = false;
  const wakes = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of wakes) wake();
  };

  return {
    set(value) {
      latest = value;
      version++;
      wakeAll();
    },
    end() {
      ended = true;
      wakeAll();
    },
    follow() {
      let seen = -1;
      let returned = false;
      let wake = () => {};
      const onWake = () => wake();
      wakes.add(onWake);
      const finish = (): IteratorResult<Value> => {
        wakes.delete(onWake);
        return { value: undefined, done: true };
      };
      // An object and not a generator: a generator cannot be returned while its `next` waits.
      const values: AsyncIterableIterator<Value> = {
        async next() {
          while (seen === version && !ended && !returned) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          if (returned || seen === version) return finish();
          seen = version;
          return { value: latest, done: false };
        },
        async return() {
          returned = true;
          wake();
          return finish();
        },
        [Symbol.asyncIterator]: () => values,
      };
      return values;
    },
  };
}
