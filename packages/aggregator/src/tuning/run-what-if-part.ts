import { createModelReplay, createSameVisit, DEFAULT_SIZE, type ModelReplay, type ShardSize } from '@connscan/detector';
import { type Policy, policyHash } from '@connscan/model';
import { createFoundSources, type FoundSources } from './found-sources.ts';
import { createSightingColumns, type SightingColumns } from './sighting-columns.ts';
import { type SightingsChoice, sightingsCopy } from './sightings-copy.ts';
import { withLow } from './what-if-curve.ts';
import type { ReplayedDetection, Stretch, WhatIfPart, WhatIfTask } from './what-if-task.ts';

export type PartOptions = Omit<WhatIfTask, 'source' | 'id'> & {
  /** The bytes of a COPY. */
  readonly copy: (statement: string) => AsyncIterable<Uint8Array>;
  readonly onProgress: (progress: number) => void;
};

/** Any would do: no table of a what-if is met by an attacker who learns from it. */
const KEY = [0x5eed, 0x1f] as const;

/** So many rows of a share stay in memory for all passes, 32 bytes each; of a longer history each pass reads the stretches anew. */
const KEPT_ROWS = 5_000_000;

/** The first pass takes most of the time: it alone sees every source. */
const FIRST_SHARE = 0.7;

/**
 * Replays one share of the sources with both policies, and with the candidate at each threshold of the curve. A source that has
 * no detection at some threshold has none at a higher one, as nothing else of it depends on the threshold: so all sources are
 * replayed at the lowest threshold alone, and then only those that were found.
 */
export async function runWhatIfPart(options: PartOptions): Promise<WhatIfPart> {
  const { present, candidate, curve, stretches } = options;
  const isKept = options.expected <= KEPT_ROWS * options.parts;
  /** What was read of each stretch; in a long history of one at a time. */
  const loaded = new Map<Stretch, SightingColumns>();
  const done = new Map<string, readonly ReplayedDetection[]>();
  let sightings = 0;
  let evicted = 0;

  /** With each of the policies that was not replayed yet; of all sources, or of those. */
  async function replay(policies: readonly Policy[], found?: FoundSources): Promise<void> {
    const fresh = [...new Map(policies.map((policy) => [policyHash(policy), policy])).entries()].filter(
      ([hash]) => !done.has(hash),
    );
    if (fresh.length === 0) return;
    const runs = fresh.map(([hash, policy]) => {
      const detections: ReplayedDetection[] = [];
      done.set(hash, detections);
      const onDetection = (detection: ReplayedDetection) => void detections.push(summaryOf(detection));
      return createModelReplay({ policy, key: KEY, size: sizeFor(options.expected), onDetection });
    });
    await feed(runs, found);
    for (const run of runs) {
      run.moveTo(stretches.at(-1)!.untilMs);
      run.end();
      const counts = run.counts();
      evicted += counts.evictedSources + counts.evictedServices + counts.episodesPutOff;
    }
  }

  async function feed(runs: readonly ModelReplay[], found: FoundSources | undefined): Promise<void> {
    const sameVisit = createSameVisit({ key: KEY });
    for (const run of runs) run.moveTo(stretches[0]!.sinceMs);
    for (const [index, stretch] of stretches.entries()) {
      const columns = loaded.get(stretch) ?? (await load(stretch, found));
      if (found) columns.keep(found.has);
      else sightings += columns.count();
      columns.each((words, port, outcome, atMs, sensor) => {
        const isRepeated = sameVisit.isRepeated(words, 0, 4, port, outcome, atMs, sensor);
        for (const run of runs) {
          run.moveTo(atMs);
          if (!isRepeated) run.observe(words, 0, 4, port, outcome, atMs);
        }
      });
      if (!found) options.onProgress((FIRST_SHARE * (index + 1)) / stretches.length);
    }
  }

  async function load(stretch: Stretch, found: FoundSources | undefined): Promise<SightingColumns> {
    const { part, parts, agentIds } = options;
    const sources = found?.list() ?? options.sources;
    const choice: SightingsChoice = {
      ...{ ...stretch, part, parts },
      ...(agentIds && { agentIds }),
      ...(sources && { sources }),
    };
    if (!isKept) loaded.clear();
    const columns = createSightingColumns();
    for await (const chunk of options.copy(sightingsCopy(choice))) columns.write(chunk);
    loaded.set(stretch, columns);
    return columns;
  }

  const detectionsOf = (policy: Policy) => done.get(policyHash(policy)) ?? [];
  const lowest = curve[0];
  if (stretches.length > 0 && lowest !== undefined) {
    const sieves = [withLow(present, lowest), withLow(candidate, lowest)];
    await replay(sieves);
    await replay([present, candidate], createFoundSources(sieves.flatMap(detectionsOf)));
    let found = createFoundSources(detectionsOf(sieves[1]!));
    const rest = curve.slice(1);
    for (const [index, low] of rest.entries()) {
      const policy = withLow(candidate, low);
      await replay([policy], found);
      found = createFoundSources(detectionsOf(policy));
      options.onProgress(FIRST_SHARE + ((1 - FIRST_SHARE) * (index + 1)) / rest.length);
    }
  }
  return {
    present: detectionsOf(present),
    candidate: detectionsOf(candidate),
    curve: curve.map((low) => ({ low, detections: detectionsOf(withLow(candidate, low)) })),
    ...{ sightings, evicted },
  };
}

/** Tables that lose nothing, up to four times those of an agent. */
function sizeFor(sightings: number): ShardSize {
  const { sources, services, episodes } = DEFAULT_SIZE;
  const atMost = (most: number, rows: number) => Math.min(4 * most, Math.max(1024, rows));
  // A source or service of IPv6 takes the room of two.
  return {
    sources: atMost(sources, 2 * sightings),
    services: atMost(services, 2 * sightings),
    episodes: atMost(episodes, 2 * sightings),
  };
}

function summaryOf(detection: ReplayedDetection): ReplayedDetection {
  const { model, source, sourcePrefixBits, severity, confidence, rule, startedMs, endedMs } = detection;
  const { distinctServices, distinctHosts, distinctPorts, failedServices, slowServices } = detection;
  return {
    ...{ model, source, severity, confidence, rule, startedMs },
    ...(sourcePrefixBits && { sourcePrefixBits }),
    ...(endedMs !== undefined && { endedMs }),
    ...{ distinctServices, distinctHosts, distinctPorts, failedServices, slowServices },
  };
}
