import type { ModelPolicy } from '@connscan/model';
import { type Core, type CoreRules, type OpensCore, openCore } from './core.ts';
import {
  H_AT_MS,
  H_EPISODE_POOL,
  H_EPISODES,
  H_KEY0,
  H_KEY1,
  H_MAGIC,
  H_RANDOM,
  H_SERVICES,
  H_SOURCE_POOL,
  H_SOURCES,
  H_STARTED_MS,
  H_SWEEP,
  H_VERSION,
  H_WALL_OFFSET_MS,
  HEAD_LINES,
  MAGIC,
  POOL_FRESH,
  SOURCE_LINES,
  VERSION,
} from './layout.ts';
import { type Limits, limitsOf } from './limits.ts';
import { concerns, decisionOf, exceptionOf, overrideOf } from './rules.ts';
import { checkSize, type ShardSize, shardBytes } from './shard-size.ts';
import { createMemory, type Tables, tablesOf } from './tables.ts';

/** Whether the process with this serial number has one of these names; see Detector.add. */
export type IsProcess = (serial: number, names: readonly string[]) => boolean;

export type DetectorOptions = {
  readonly isProcess?: IsProcess;
  /** False if nobody takes sightings: an untold one would keep its place in the tables. */
  readonly tellsSightings?: boolean;
};

/** The counts in force are those for all. */
const NO_OVERRIDE = { overrideInUse: 0 };

/** One shard as a thread sees it. All that lasts is in the tables. */
export type Shard = Tables & {
  readonly core: Core;
  readonly sourcesFrom: number;
  readonly episodesFrom: number;
  /** In force; useLimits changes them. */
  limits: Limits;
  useLimits(limits: Limits): void;
  /** Limits that differ from those in force in their counts alone: a replay uses one after the other. */
  useCountsOf(limits: Limits): void;
};

/**
 * The memory of an empty shard. `key` is two secret 32-bit words, random per process, so that nobody can choose addresses that
 * collide in its tables. `startedMs` is the boot-clock time from which the warm-up counts.
 */
export function createShard({
  key,
  startedMs,
  ...size
}: ShardSize & { readonly key: readonly [number, number]; readonly startedMs: number }): WebAssembly.Memory {
  checkSize(size);
  const memory = createMemory(shardBytes(size));
  const words = new Int32Array(memory.buffer);
  words[H_VERSION] = VERSION;
  words[H_SOURCES] = size.sources;
  words[H_SERVICES] = size.services;
  words[H_EPISODES] = size.episodes;
  words[H_KEY0] = key[0];
  words[H_KEY1] = key[1];
  // xorshift never leaves 0.
  words[H_RANDOM] = key[0] ^ key[1] || 1;
  words[H_SOURCE_POOL + POOL_FRESH] = HEAD_LINES;
  words[H_SWEEP] = HEAD_LINES;
  words[H_EPISODE_POOL + POOL_FRESH] = HEAD_LINES + size.sources * SOURCE_LINES;
  new Float64Array(memory.buffer)[H_STARTED_MS] = startedMs;
  words[H_MAGIC] = MAGIC;
  const { core, set } = openCore(memory, {
    concerns: () => false,
    exceptionOf: () => -1,
    decisionOf: () => 0,
    overrideOf: () => 0,
    useCounts: () => {},
  });
  set(tablesOf(memory).places);
  core.clearArena();
  core.fillArena();
  return memory;
}

/** Opens a memory that createShard made; throws ConnscanError BAD_PAYLOAD for any other. */
export function viewShard(
  memory: WebAssembly.Memory,
  policy: ModelPolicy,
  { isProcess = () => false, tellsSightings = true }: DetectorOptions = {},
  open: OpensCore = openCore,
): Shard {
  const { places, ...views } = tablesOf(memory);
  const { words, times } = views;
  const rules: CoreRules = {
    concerns: (sourceAt) => concerns(shard.limits.rules, words, sourceAt),
    exceptionOf(sourceAt, destinationAt, port, process) {
      const wallMs = times[H_AT_MS]! + times[H_WALL_OFFSET_MS]!;
      return exceptionOf(shard.limits.rules, words, sourceAt, destinationAt, port, wallMs, process, isProcess);
    },
    decisionOf: (sourceAt, destinationAt, port) => decisionOf(shard.limits.rules, words, sourceAt, destinationAt, port),
    overrideOf: (sourceAt) => overrideOf(shard.limits.rules, words, sourceAt),
    useCounts: (override) => set(shard.limits.counts[override]!),
  };
  const { core, set } = open(memory, rules);
  set({ ...places, tellsSightings: tellsSightings ? 1 : 0 });
  const { sourcesFrom, episodesFrom } = places;
  const shard: Shard = {
    ...views,
    places,
    core,
    sourcesFrom,
    episodesFrom,
    limits: limitsOf(policy),
    useLimits(limits) {
      shard.limits = limits;
      const { rules: ofPolicy, counts, ...numbers } = limits;
      const hasRules = ofPolicy.exceptions.length + ofPolicy.habits.length > 0 ? 1 : 0;
      const hasOverrides = ofPolicy.overrides.length > 0 ? 1 : 0;
      const tags = { rulesTag: ofPolicy.tag, exceptionsTag: ofPolicy.exceptionsTag };
      set({ ...numbers, ...counts[0]!, overrideInUse: 0, hasOverrides, hasRules, ...tags });
    },
    useCountsOf(limits) {
      shard.limits = limits;
      set(limits.counts[0]!);
      set(NO_OVERRIDE);
    },
  };
  shard.useLimits(shard.limits);
  return shard;
}
