/// <reference path="./web-assembly.d.ts" />
import { ConnscanError } from '@connscan/model';
import {
  EPISODE_LINES,
  H_EPISODES,
  H_KEY0,
  H_KEY1,
  H_MAGIC,
  H_SERVICES,
  H_SOURCES,
  H_VERSION,
  HEAD_LINES,
  MAGIC,
  SOURCE_LINES,
  VERSION,
} from './layout.ts';
import { arenaLines, bucketsOf, shardBytes, shardLines } from './shard-size.ts';

/** Of WebAssembly: a memory is a whole number of these. */
const PAGE_BYTES = 65_536;

/** Views of the memory of one shard. */
export type Tables = {
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly times: Float64Array;
  /** Without what is left of the last page. */
  readonly bytes: Uint8Array;
  /** What the core calls these places: see assembly/tables.ts. */
  readonly places: Places;
};

type Places = {
  readonly sourcesFrom: number;
  readonly episodesFrom: number;
  readonly arenaFrom: number;
  readonly arenaLines: number;
  readonly owners: number;
  readonly buckets: number;
  readonly bucketMask: number;
  readonly key0: number;
  readonly key1: number;
};

/** Memory for so many bytes, shared by all threads that get it; of its last page some is never touched. */
export function createMemory(bytes: number): WebAssembly.Memory {
  const pages = pagesOf(bytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

/** Views of a memory that createShard made; throws ConnscanError BAD_PAYLOAD for any other. */
export function tablesOf({ buffer }: WebAssembly.Memory): Tables {
  const words = new Int32Array(buffer);
  const size = { sources: words[H_SOURCES]!, services: words[H_SERVICES]!, episodes: words[H_EPISODES]! };
  if (
    words[H_MAGIC] !== MAGIC ||
    words[H_VERSION] !== VERSION ||
    pagesOf(shardBytes(size)) * PAGE_BYTES !== buffer.byteLength
  ) {
    throw new ConnscanError('BAD_PAYLOAD', `not a detector shard of version ${VERSION}`);
  }
  const episodesFrom = HEAD_LINES + size.sources * SOURCE_LINES;
  const owners = shardLines(size) << 4;
  return {
    words,
    halves: new Uint16Array(buffer),
    times: new Float64Array(buffer),
    bytes: new Uint8Array(buffer, 0, shardBytes(size)),
    places: {
      sourcesFrom: HEAD_LINES,
      episodesFrom,
      arenaFrom: episodesFrom + size.episodes * EPISODE_LINES,
      arenaLines: arenaLines(size),
      owners,
      buckets: owners + arenaLines(size),
      bucketMask: bucketsOf(size.sources) - 1,
      key0: words[H_KEY0]!,
      key1: words[H_KEY1]!,
    },
  };
}
