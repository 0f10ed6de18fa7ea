/** What was fed of a service of a source, by its place in the table. */
export type SameVisit = {
  /**
   * Whether a sighting tells of a visit that another sensor is told of. Arguments are those of `Detector.add`; `sensor` is
   * any number, the same for each sighting of one agent. To be asked of every sighting before it is fed, but for one that has none
   * of its source within SILENT_MS before it and behind it: it is told of once, and no other is told of by it.
   */
  isRepeated(
    words: ArrayLike<number>,
    source: number,
    destination: number,
    port: number,
    outcome: number,
    atMs: number,
    sensor: number,
  ): boolean;
};

/**
 * A service is told by one sensor for as long as that one tells of it, and by another from so long after its latest word, in
 * milliseconds. Both ends of a connection may be sensors, with clocks some seconds apart: together they would make of a checker's
 * beat of 10 s one of 3 s, 7 s, 3 s. Of a longer beat than this, where they may take turns, such a difference is within the
 * quarter by which a beat may be off.
 */
export const SILENT_MS = 60_000;

/** 16 bytes each: the most recent services of a fleet in 16 MiB. */
const DEFAULT_SLOTS = 2 ** 20;

export type SameVisitOptions = {
  /** Secret, so that nobody can choose services that take each other's place. */
  readonly key: readonly [number, number];
  /** A power of two. */
  readonly slots?: number;
};

/**
 * Finds sightings that tell again what was told. The table has a fixed size and forgets: then both are fed, which counts
 * nothing twice, as the detector keeps the latest time of each service, and may hide a beat.
 */
export function createSameVisit({ key, slots = DEFAULT_SLOTS }: SameVisitOptions): SameVisit {
  const tags = new Int32Array(slots);
  const sensors = new Int32Array(slots);
  const latestMs = new Float64Array(slots);
  const [key0, key1] = key;

  return {
    isRepeated(words, source, destination, port, outcome, atMs, sensor) {
      let slot = key0;
      let tag = key1;
      for (let at = 0; at < 4; at++) {
        slot = mix(slot ^ words[source + at]!);
        tag = mix(tag ^ words[destination + at]!);
      }
      // Reset and empty close are one class, and so are the two failures: what a sensor saw fail hides no success.
      const kind = outcome <= 2 ? 1 : outcome === 3 ? 2 : 3;
      tag = mix(tag ^ slot ^ (port | (kind << 16)));
      const place = mix(slot ^ tag) & (slots - 1);
      const isKnown = tags[place] === tag && latestMs[place] !== 0;
      if (isKnown && sensors[place] !== sensor && atMs < latestMs[place]! + SILENT_MS) return true;
      if (!isKnown || atMs > latestMs[place]!) latestMs[place] = atMs;
      tags[place] = tag;
      sensors[place] = sensor;
      return false;
    },
  };
}

/** The end of MurmurHash3: each bit of the word changes half of the others. */
function mix(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
