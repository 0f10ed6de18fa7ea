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
      const slot = slotOf(destination, kind);
      if (users[slot] === user && destinations[slot] === destination && kinds[slot] === kind) continue;
      users[slot] = user;
      destinations[slot] = destination;
      kinds[slot] = kind;
      count++;
    }
    return count;
  };
}

/** Neighbours in a network and their ports differ in few bits: each changes half of the others. */
function slotOf(destination: number, kind: number): number {
  let hash = Math.imul(destination ^ (destination >>> 15), 0x85eb_ca6b) ^ Math.imul(kind, 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}
