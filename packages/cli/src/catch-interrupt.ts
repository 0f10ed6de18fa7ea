/** What a command ends with that Ctrl-C interrupted, as shells have it: 128 and the number of SIGINT. */
export const INTERRUPTED = 130;

/** Aborted by the first Ctrl-C or SIGTERM until it is disposed of; a second one ends the process at once. */
export function catchInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM'] as const;
  const release = () => {
    for (const name of names) process.off(name, onSignal);
  };
  const onSignal = () => {
    release();
    controller.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return { signal: controller.signal, [Symbol.dispose]: release };
}
