import { parseAddress } from '@connscan/model';
import { createBatch, type Detector } from '../src/index.ts';
import type { Observation } from './oracle-state.ts';

/** Both addresses of an observation as the ring holds them: source at word 0, destination at word 4. */
export function wordsOf({ source, destination }: Observation): Uint32Array {
  const bytes = new Uint8Array(32);
  bytes.set(parseAddress(source)!, 0);
  bytes.set(parseAddress(destination)!, 16);
  return new Uint32Array(bytes.buffer);
}

/** Hands an observation to a detector. */
export function observeWith(detector: Detector, observation: Observation): void {
  const { port, outcome, atMs, process } = observation;
  detector.observe(wordsOf(observation), 0, 4, port, outcome, atMs, process);
}

/** Hands over up to BATCH_RECORDS observations at once. */
export function observeManyWith(detector: Detector, observations: readonly Observation[]): void {
  const words = new Uint32Array(observations.length * 8);
  const batch = createBatch();
  for (const [index, observation] of observations.entries()) {
    words.set(wordsOf(observation), index * 8);
    batch.sources[index] = index * 8;
    batch.destinations[index] = index * 8 + 4;
    batch.ports[index] = observation.port;
    batch.outcomes[index] = observation.outcome;
    batch.processes[index] = observation.process ?? 0;
    batch.times[index] = observation.atMs;
  }
  detector.observeMany(words, batch, observations.length);
}
