import { ConnscanError } from '@connscan/model';
import {
  H_EPISODE_POOL,
  H_EPISODES,
  H_IN_PROGRESS,
  H_MAGIC,
  H_SERVICES,
  H_SOURCE_POOL,
  H_SOURCES,
  H_VERSION,
  LINE_BYTES,
  MAGIC,
  POOL_FRESH,
  RESTORED,
  VERSION,
} from './layout.ts';
import { type ShardSize, shardBytes } from './shard-size.ts';
import { createMemory, type Tables, tablesOf } from './tables.ts';

/**
 * A copy of all that a shard holds, secrets too, as bytes for a file: the parts in use, one behind the other. It reads no
 * others, as memory that was never touched may become resident by it. No worker may be at work on the shard, nor
 * have died at it unless another has opened it since.
 */
export function saveShard(memory: WebAssembly.Memory): Uint8Array {
  const tables = tablesOf(memory);
  const parts = [...partsOf(tables)];
  const saved = new Uint8Array(parts.reduce((sum, [from, end]) => sum + end - from, 0));
  let at = 0;
  for (const [from, end] of parts) {
    saved.set(tables.bytes.subarray(from, end), at);
    at += end - from;
  }
  return saved;
}

/**
 * The shard of this size of such bytes. What follows from its records is made anew, so that nothing in it can lead astray.
 * Throws ConnscanError BAD_PAYLOAD for bytes that are no whole shard of this version and size; whether they are those that
 * were saved is for the file's checksum to say.
 */
export function restoreShard(saved: Uint8Array, size: ShardSize): WebAssembly.Memory {
  const header = new Int32Array(LINE_BYTES / 4);
  new Uint8Array(header.buffer).set(saved.subarray(0, LINE_BYTES));
  if (header[H_MAGIC] !== MAGIC || header[H_VERSION] !== VERSION) {
    throw new ConnscanError('BAD_PAYLOAD', `not a detector shard of version ${VERSION}`);
  }
  const { sources, services, episodes } = size;
  if (header[H_SOURCES] !== sources || header[H_SERVICES] !== services || header[H_EPISODES] !== episodes) {
    throw new ConnscanError('BAD_PAYLOAD', 'a detector shard of another size');
  }
  const memory = createMemory(shardBytes(size));
  // Where the first part lies is known without any of them.
  new Int32Array(memory.buffer).set(header);
  const tables = tablesOf(memory);
  let at = 0;
  for (const [from, end] of partsOf(tables)) {
    const part = saved.subarray(at, at + end - from);
    if (part.length < end - from) throw new ConnscanError('BAD_PAYLOAD', 'a detector shard that was cut');
    tables.bytes.set(part, from);
    at += part.length;
  }
  if (at < saved.length) throw new ConnscanError('BAD_PAYLOAD', 'a detector shard with something behind it');
  tables.words[H_IN_PROGRESS] = RESTORED;
  return memory;
}

/** The parts in use, from and end in bytes. Each tells where the next ones are, so they may be filled as they come. */
function* partsOf({ words, places }: Tables): Generator<readonly [from: number, end: number]> {
  const { sourcesFrom, episodesFrom, arenaFrom, arenaLines, owners, buckets } = places;
  yield [0, sourcesFrom * LINE_BYTES];
  yield poolPart(sourcesFrom, words[H_SOURCE_POOL + POOL_FRESH]!, episodesFrom);
  yield poolPart(episodesFrom, words[H_EPISODE_POOL + POOL_FRESH]!, arenaFrom);
  yield [owners * 4, buckets * 4];
  // Each block but the free ones: only the first line of a block has an owner.
  for (let at = 0; at < arenaLines; ) {
    const first = at;
    do at++;
    while (at < arenaLines && words[owners + at] === 0);
    if (words[owners + first]! > 0) yield [(arenaFrom + first) * LINE_BYTES, (arenaFrom + at) * LINE_BYTES];
  }
}

/** Of a pool what was ever used. */
function poolPart(from: number, fresh: number, end: number): [from: number, end: number] {
  if (fresh < from || fresh > end) throw new ConnscanError('BAD_PAYLOAD', 'a detector shard with a damaged pool');
  return [from * LINE_BYTES, fresh * LINE_BYTES];
}
