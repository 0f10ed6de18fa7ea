import { loadNative } from './native.ts';

/** Milliseconds since the machine booted, suspends included: the clock of the probe's records. */
export function bootTimeMs(): number {
  return Number(loadNative().bootTimeNs()) / 1e6;
}
