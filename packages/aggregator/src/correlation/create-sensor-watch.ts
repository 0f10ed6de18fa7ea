import type { Sighting } from '@connscan/model';
import { lockScans } from '../store/save-claims.ts';
import { saveSensors } from '../store/save-sensors.ts';
import type { Database, DetectionRow } from '../store/schema.ts';

type OpenDetection = Pick<DetectionRow, 'id' | 'source' | 'source_prefix_bits' | 'ended'>;

/** Sees to it that the sensors of open detections are those whose sightings have come since their last alert. */
export type SensorWatch = {
  /** Detections as they are now. */
  told(detections: readonly OpenDetection[]): void;
  /** Sightings that were committed. */
  seen(sightings: readonly Pick<Sighting, 'source'>[]): void;
  /** Looks up the sensors of those detections of which something was seen. Rejects if the store fails: they are looked up next time. */
  save(): Promise<void>;
};

/** One transaction at most holds up commits for so many. */
const MOST_AT_ONCE = 100;

export function createSensorWatch(db: Database): SensorWatch {
  const open = new Map<string, Map<string, OpenDetection>>();
  const changed = new Map<string, OpenDetection>();
  let hasPrefixes = false;

  function mark(key: string): void {
    for (const detection of open.get(key)?.values() ?? []) changed.set(detection.id, detection);
  }

  return {
    told(detections) {
      for (const detection of detections) {
        const key = keyOf(detection);
        const ofSource = open.get(key) ?? new Map();
        if (detection.ended) ofSource.delete(detection.id);
        else ofSource.set(detection.id, detection);
        if (ofSource.size > 0) open.set(key, ofSource);
        else open.delete(key);
        hasPrefixes ||= detection.source_prefix_bits !== null;
      }
    },
    seen(sightings) {
      if (open.size === 0) return;
      for (const { source } of sightings) {
        mark(source);
        if (hasPrefixes && source.includes(':')) mark(prefixOf(source));
      }
    },
    async save() {
      const detections = [...changed.values()].slice(0, MOST_AT_ONCE);
      if (detections.length === 0) return;
      for (const { id } of detections) changed.delete(id);
      try {
        await db.transaction().execute(async (transaction) => {
          await lockScans(transaction, detections);
          await saveSensors(
            transaction,
            detections.map(({ id }) => id),
          );
        });
      } catch (error) {
        for (const detection of detections) changed.set(detection.id, detection);
        throw error;
      }
    },
  };
}

function keyOf({ source, source_prefix_bits }: OpenDetection): string {
  return source_prefix_bits === null ? source : prefixOf(source);
}

/** The first half of an IPv6 address in full, as a key. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail ? tail.split(':').length : 0;
  const zeros = tail === undefined ? 0 : 8 - groups.length - behind;
  return [...groups, ...Array<string>(zeros).fill('0'), ...(tail ? tail.split(':') : [])].slice(0, 4).join(':');
}
