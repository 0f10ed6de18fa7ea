import { parseAddress } from '@connscan/model';
import type { Detector } from '../src/index.ts';
import type { Observation } from './oracle-state.ts';

/** Both addresses of an observation as the ring holds them: source at word 0, destination at word 4. */
export function wordsOf({ source, destination }: Observation): Uint32Array {
  const bytes = new Uint8Array(32);
  bytes.set(parseAddress(source)!, 0);
  bytes.set(parseAddress(destination)!, 16);
  return new Uint32Array(bytes.buffer);
}

/** Hands an observation to a detector, which observes it at once. */
export function observeWith(detector: Detector, observation: Observation): void {
  addTo(detector, observation);
  detector.flush();
}

/** Hands an observation to a detector, which may leave it in the batch. */
export function addTo(detector: Detector, observation: Observation): void {
  const { port, outcome, atMs, process } = observation;
  detector.add(wordsOf(observation), 0, 4, port, outcome, atMs, process);
}
