import { ConnscanError } from '@connscan/model';
import { EPISODE_LINES, HEAD_LINES, LINE_BYTES, SOURCE_LINES } from './layout.ts';

/** Records that a shard has room for. A full table evicts its least suspicious record; nothing ever grows. */
export type ShardSize = {
  readonly sources: number;
  /** (IPv4 source, service, class) records of all sources together; one of an IPv6 source takes the room of two. */
  readonly services: number;
  /** Open episodes, and ended ones whose last alert was not taken yet. */
  readonly episodes: number;
};

/** All shards of one agent together: at most 32 MiB however it is divided. */
export const DEFAULT_SIZE: ShardSize = { sources: 65_536, services: 680_000, episodes: 2_048 };

/** The share of one of `shards` equal shards. */
export function divideSize(shards: number, total: ShardSize = DEFAULT_SIZE): ShardSize {
  const share = (records: number) => Math.max(1, Math.floor(records / shards));
  return { sources: share(total.sources), services: share(total.services), episodes: share(total.episodes) };
}

/** Bytes of a shard. */
export function shardBytes(size: ShardSize): number {
  return shardLines(size) * LINE_BYTES + (arenaLines(size) + bucketsOf(size.sources)) * 4;
}

/** Lines of the arena: two entries each. */
export function arenaLines({ services }: ShardSize): number {
  return Math.ceil(services / 2);
}

/** Lines of the header, of all records and of the arena: owners and buckets begin behind them. */
export function shardLines(size: ShardSize): number {
  const records = size.sources * SOURCE_LINES + size.episodes * EPISODE_LINES;
  return HEAD_LINES + records + arenaLines(size);
}

/** Buckets of a hash table: the next power of two, and a whole line of them at least. */
export function bucketsOf(records: number): number {
  return Math.max(16, 2 ** Math.ceil(Math.log2(records)));
}

/** Throws ConnscanError BAD_USAGE unless every size is a whole number from 1 to 2^24 (the memory of a large host). */
export function checkSize(size: ShardSize): void {
  const wrong = Object.entries(size).filter(
    ([, records]) => !Number.isInteger(records) || records < 1 || records > 2 ** 24,
  );
  if (wrong.length === 0) return;
  const problems = wrong.map(([name, records]) => `${name}: must be a whole number from 1 to 16777216, is ${records}`);
  throw new ConnscanError('BAD_USAGE', `shard size: ${problems.join('; ')}`);
}
