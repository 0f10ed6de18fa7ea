import { setImmediate } from 'node:timers/promises';

/** Long enough for a busy machine; only what never happens takes as long. */
const PATIENCE_MS = 20_000;

/** Looks again and again until the condition holds; throws if it never does. */
export async function until(condition: () => boolean): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`never true: ${condition}`);
    await setImmediate();
  }
}
