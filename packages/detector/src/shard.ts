import { ConnscanError, type Policy } from '@connscan/model';
import {
  EPISODE_LINES,
  H_ENTRY_POOL,
  H_EPISODE_POOL,
  H_EPISODES,
  H_KEY0,
  H_KEY1,
  H_MAGIC,
  H_RANDOM,
  H_SERVICES,
  H_SOURCE_POOL,
  H_SOURCES,
  H_SWEEP,
  H_VERSION,
  HEADER_LINES,
  MAGIC,
  POOL_FRESH,
  VERSION,
} from './layout.ts';
import { type Limits, limitsOf } from './limits.ts';
import { bucketsOf, checkSize, type ShardSize, shardBytes, shardLines } from './shard-size.ts';

/** Views of one shard, and the limits in force. All that lasts is in the buffer. */
export type Shard = {
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly times: Float64Array;
  readonly bytes: Uint8Array;
  /** First line of each table, and the line behind its last. */
  readonly sourcesFrom: number;
  readonly entriesFrom: number;
  readonly episodesFrom: number;
  readonly episodesTo: number;
  /** First word of the buckets. */
  readonly sourceBuckets: number;
  readonly sourceMask: number;
  readonly entryBuckets: number;
  readonly entryMask: number;
  readonly key0: number;
  readonly key1: number;
  limits: Limits;
};

/**
 * An empty shard. `key` is two secret 32-bit words, random per process, so that nobody can choose addresses that
 * collide in its tables.
 */
export function createShard({
  key,
  ...size
}: ShardSize & { readonly key: readonly [number, number] }): SharedArrayBuffer {
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
  words[H_SOURCE_POOL + POOL_FRESH] = HEADER_LINES;
  words[H_SWEEP] = HEADER_LINES;
  words[H_ENTRY_POOL + POOL_FRESH] = HEADER_LINES + size.sources;
  words[H_EPISODE_POOL + POOL_FRESH] = HEADER_LINES + size.sources + size.services;
  words[H_MAGIC] = MAGIC;
  return buffer;
}

/** Views of a buffer that createShard made; throws ConnscanError BAD_PAYLOAD for any other. */
export function viewShard(buffer: SharedArrayBuffer, policy: Policy): Shard {
  const words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
  const size = { sources: words[H_SOURCES] ?? 0, services: words[H_SERVICES] ?? 0, episodes: words[H_EPISODES] ?? 0 };
  if (words[H_MAGIC] !== MAGIC || words[H_VERSION] !== VERSION || shardBytes(size) !== buffer.byteLength) {
    throw new ConnscanError('BAD_PAYLOAD', `not a detector shard of version ${VERSION}`);
  }
  const entriesFrom = HEADER_LINES + size.sources;
  const episodesFrom = entriesFrom + size.services;
  const sourceBuckets = shardLines(size) << 4;
  return {
    words,
    halves: new Uint16Array(buffer),
    times: new Float64Array(buffer),
    bytes: new Uint8Array(buffer),
    sourcesFrom: HEADER_LINES,
    entriesFrom,
    episodesFrom,
    episodesTo: episodesFrom + size.episodes * EPISODE_LINES,
    sourceBuckets,
    sourceMask: bucketsOf(size.sources) - 1,
    entryBuckets: sourceBuckets + bucketsOf(size.sources),
    entryMask: bucketsOf(size.services) - 1,
    key0: words[H_KEY0]!,
    key1: words[H_KEY1]!,
    limits: limitsOf(policy),
  };
}
