import type { SourceSightings } from './group-sightings.ts';

/** What is told apart at once: more than most sources have. */
const SLOTS = 1024;

/** Counts the services of one IPv4 source after the other: some of them more than once rather than one too few. */
export function createServiceCount(): (sightings: SourceSightings, rows: Int32Array) => number {
  const destinations = new Int32Array(SLOTS);
  const kinds = new Int32Array(SLOTS);
  /** Which source the slot was last used for. */
  const users = new Int32Array(SLOTS);
  let user = 0;

  return ({ words, ports, outcomes }, rows) => {
    user++;
    let count = 0;
    for (const row of rows) {
      const destination = words[row * 8 + 7]!;
      const kind = ports[row]! | (outcomes[row]! << 16);
      const slot = Math.imul(destination ^ Math.imul(kind, 0x9e37_79b1), 0x85eb_ca6b) >>> 22;
      if (users[slot] === user && destinations[slot] === destination && kinds[slot] === kind) continue;
      users[slot] = user;
      destinations[slot] = destination;
      kinds[slot] = kind;
      count++;
    }
    return count;
  };
}
