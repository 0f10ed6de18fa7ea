import { ConnscanError, type ModelPolicy } from '@connscan/model';
import { clearArena, fillArena } from './arena.ts';
import {
  EPISODE_LINES,
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
  HEADER_LINES,
  HITS_LINES,
  MAGIC,
  POOL_FRESH,
  SOURCE_LINES,
  VERSION,
  WATCH_LINES,
} from './layout.ts';
import { type Limits, limitsOf } from './limits.ts';
import { arenaLines, bucketsOf, checkSize, type ShardSize, shardBytes, shardLines } from './shard-size.ts';

/** Whether the process with this serial number has one of these names; see Detector.observe. */
export type IsProcess = (serial: number, names: readonly string[]) => boolean;

/** Views of one shard, and the limits in force. All that lasts is in the buffer. */
export type Shard = {
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly times: Float64Array;
  readonly bytes: Uint8Array;
  /** First line of each table, and the line behind its last. */
  readonly sourcesFrom: number;
  readonly episodesFrom: number;
  readonly arenaFrom: number;
  readonly arenaLines: number;
  /** First word of the owners and of the buckets. */
  readonly owners: number;
  readonly buckets: number;
  readonly bucketMask: number;
  readonly key0: number;
  readonly key1: number;
  readonly isProcess: IsProcess;
  limits: Limits;
};

/**
 * An empty shard. `key` is two secret 32-bit words, random per process, so that nobody can choose addresses that
 * collide in its tables. `startedMs` is the boot-clock time from which the warm-up counts.
 */
export function createShard({
  key,
  startedMs,
  ...size
}: ShardSize & { readonly key: readonly [number, number]; readonly startedMs: number }): SharedArrayBuffer {
  checkSize(size);
  const buffer = new SharedArrayBuffer(shardBytes(size));
  const words = new Int32Array(buffer);
  words[H_VERSION] = VERSION;
  words[H_SOURCES] = size.sources;
  words[H_SERVICES] = size.services;
  words[H_EPISODES] = size.episodes;
  words[H_KEY0] = key[0];
  words[H_KEY1] = key[1];
  // xorshift never leaves 0.
  words[H_RANDOM] = key[0] ^ key[1] || 1;
  const sourcesFrom = HEADER_LINES + HITS_LINES + WATCH_LINES;
  words[H_SOURCE_POOL + POOL_FRESH] = sourcesFrom;
  words[H_SWEEP] = sourcesFrom;
  words[H_EPISODE_POOL + POOL_FRESH] = sourcesFrom + size.sources * SOURCE_LINES;
  new Float64Array(buffer, 0, HEADER_LINES * 8)[H_STARTED_MS] = startedMs;
  words[H_MAGIC] = MAGIC;
  const tables = tablesOf(buffer);
  clearArena(tables);
  fillArena(tables, () => 0);
  return buffer;
}

/** Views of a buffer that createShard made; throws ConnscanError BAD_PAYLOAD for any other. */
export function viewShard(buffer: SharedArrayBuffer, policy: ModelPolicy, isProcess: IsProcess = () => false): Shard {
  return { ...tablesOf(buffer), isProcess, limits: limitsOf(policy) };
}

type Tables = Omit<Shard, 'limits' | 'isProcess'>;

/** Views of a buffer, whatever the policy; throws as viewShard does. */
export function tablesOf(buffer: SharedArrayBuffer): Tables {
  const words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
  const size = { sources: words[H_SOURCES] ?? 0, services: words[H_SERVICES] ?? 0, episodes: words[H_EPISODES] ?? 0 };
  if (words[H_MAGIC] !== MAGIC || words[H_VERSION] !== VERSION || shardBytes(size) !== buffer.byteLength) {
    throw new ConnscanError('BAD_PAYLOAD', `not a detector shard of version ${VERSION}`);
  }
  const sourcesFrom = HEADER_LINES + HITS_LINES + WATCH_LINES;
  const episodesFrom = sourcesFrom + size.sources * SOURCE_LINES;
  const owners = shardLines(size) << 4;
  return {
    words,
    halves: new Uint16Array(buffer, 0, words.length * 2),
    times: new Float64Array(buffer, 0, Math.floor(words.length / 2)),
    bytes: new Uint8Array(buffer),
    sourcesFrom,
    episodesFrom,
    arenaFrom: episodesFrom + size.episodes * EPISODE_LINES,
    arenaLines: arenaLines(size),
    owners,
    buckets: owners + arenaLines(size),
    bucketMask: bucketsOf(size.sources) - 1,
    key0: words[H_KEY0]!,
    key1: words[H_KEY1]!,
  };
}
