import { DEFAULT_SIZE, type ShardSize } from '@connscan/detector';
import { type AddressSet, createAddressSet, enabledModels, type ModelPolicy, type Policy } from '@connscan/model';
import { areAlike, type Thresholds } from './are-alike.ts';
import { createServiceCount } from './create-service-count.ts';
import {
  createSourceReplay,
  type SourceFinds,
  type SourceReplay,
  type SourceReplayOptions,
} from './create-source-replay.ts';
import type { SourceSightings } from './group-sightings.ts';
import type { ReplayedDetection } from './what-if-task.ts';

/** What policies find of one source after the other. */
export type SourceFinder = {
  /** In these rows of one source; asked of one policy, it may know what another one finds. */
  open(sightings: SourceSightings, rows: Int32Array): (policy: Policy) => readonly ReplayedDetection[];
  /** What lost its place in full tables so far. */
  evicted(): number;
};

/** A model as a policy has it. */
type ModelRun = {
  readonly settings: ModelPolicy;
  readonly internal: AddressSet;
  readonly isFromInternal: boolean;
  readonly isToInternal: boolean;
  /** Runs with the same look at the same sightings. */
  readonly between: string;
  /** Runs with the same differ in their thresholds alone. */
  readonly family: Family;
};

/** By the size of their tables. */
type Family = Map<number, SourceReplay>;

type KnownFinds = SourceFinds & { readonly family: Family; readonly thresholds: Thresholds };

export type SourceFinderOptions = Pick<SourceReplayOptions, 'lowest' | 'sinceMs' | 'untilMs'>;

export function createSourceFinder(options: SourceFinderOptions): SourceFinder {
  const runs = new Map<Policy, readonly ModelRun[]>();
  const internals = new Map<string, AddressSet>();
  const families = new Map<string, Family>();
  const countServices = createServiceCount();

  function runsOf(policy: Policy): readonly ModelRun[] {
    const known = runs.get(policy);
    if (known) return known;
    const cidrs = JSON.stringify(policy.internalCidrs);
    const internal = internals.get(cidrs) ?? createAddressSet(policy.internalCidrs);
    internals.set(cidrs, internal);
    const made = enabledModels(policy).map((settings): ModelRun => {
      const { thresholds: _thresholds, ...others } = settings;
      const { from, to } = settings.model;
      const key = JSON.stringify([cidrs, others]);
      const family: Family = families.get(key) ?? new Map();
      families.set(key, family);
      return {
        ...{ settings, internal, isFromInternal: from === 'internal', isToInternal: to === 'internal' },
        between: JSON.stringify([cidrs, from, to]),
        family,
      };
    });
    runs.set(policy, made);
    return made;
  }

  function replayOf({ settings, family }: ModelRun, size: ShardSize): SourceReplay {
    const known = family.get(size.services);
    if (known) return known;
    const replay = createSourceReplay({ ...options, settings, size });
    family.set(size.services, replay);
    return replay;
  }

  function evicted(): number {
    const replays = [...families.values()].flatMap((family) => [...family.values()]);
    return replays.reduce((sum, replay) => sum + replay.evicted(), 0);
  }

  return {
    open(sightings, all) {
      const size = sightings.isWide ? wideSize(all.length) : sizeFor(countServices(sightings, all));
      const finds: KnownFinds[] = [];
      const rowsOf = new Map<string, Int32Array>();

      function find(run: ModelRun): readonly ReplayedDetection[] {
        const { family, settings } = run;
        const { thresholds } = settings;
        const known = finds.filter((one) => one.family === family);
        const same = known.find((one) => areAlike(one.thresholds, thresholds, one.peak));
        if (same) return same.detections;
        const rows = rowsOf.get(run.between) ?? chooseRows(sightings, all, run);
        rowsOf.set(run.between, rows);
        const replay = replayOf(run, size);
        const before = known.find(({ times }) => times);
        const found = before
          ? { ...before, detections: replay.replayTimes(settings, sightings, rows, before.times!) }
          : replay.replay(settings, sightings, rows);
        finds.push({ ...found, family, thresholds });
        return found.detections;
      }

      return (policy) => {
        const models = runsOf(policy);
        return models.length === 1 ? find(models[0]!) : models.flatMap(find);
      };
    },
    evicted,
  };
}

/** Those of the rows that the model looks at. */
function chooseRows(
  { words, isWide }: SourceSightings,
  all: Int32Array,
  { internal, isFromInternal, isToInternal }: ModelRun,
): Int32Array {
  const rows = new Int32Array(all.length);
  let chosen = 0;
  let isFrom = false;
  for (let n = 0; n < all.length; n++) {
    const at = all[n]! * 8;
    // Addresses of a /64 may be on both sides of a boundary; mostly it is the same one.
    if (n === 0 || (isWide && !isSameAddress(words, all[n - 1]! * 8, at)))
      isFrom = internal.has(words, at) === isFromInternal;
    if (isFrom && internal.has(words, at + 4) === isToInternal) rows[chosen++] = all[n]!;
  }
  return rows.subarray(0, chosen);
}

function isSameAddress(words: Int32Array, one: number, other: number): boolean {
  for (let word = 3; word >= 0; word--) if (words[one + word] !== words[other + word]) return false;
  return true;
}

/** Services that are kept of one source, in the tables of the detector. */
const MOST_SERVICES_OF_SOURCE = 1024;

/**
 * Tables in which one source loses nothing: while its services move to a larger block they are there twice. Few sizes, so that many
 * sources share the same tables, and small ones, as copies are made of them.
 */
function sizeFor(ofSource: number): ShardSize {
  const services = powerOfTwo(Math.min(MOST_SERVICES_OF_SOURCE, Math.max(16, ofSource)));
  return { sources: 4, services: 4 * services, episodes: 16 };
}

/**
 * For so many sightings of a /64. Each of its addresses has its own services and the prefix has them all, each with the room of two:
 * that is as many as sightings at most. The bound is four times the tables of an agent.
 */
function wideSize(count: number): ShardSize {
  const { sources, services, episodes } = DEFAULT_SIZE;
  const wide = powerOfTwo(Math.max(1024, count));
  return {
    sources: Math.min(4 * sources, 2 * wide),
    services: Math.min(4 * services, 16 * wide),
    episodes: Math.min(4 * episodes, 2 * wide),
  };
}

/** Not below a number. */
function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
