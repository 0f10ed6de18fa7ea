import { judge } from './episode.ts';
import {
  EPISODE_LINES,
  H_ADVANCED_MS,
  H_AT_MS,
  H_CLOCK_MS,
  H_EPISODE_POOL,
  H_SOURCE_POOL,
  H_SWEEP,
  H_WALL_OFFSET_MS,
  META_PROBATION,
  P_SOURCE,
  P_STATE,
  POOL_FRESH,
  S_EPISODE,
  S_FLAGS_HALF,
  SOURCE_LINES,
  SOURCE_LIVE,
  STATE_OPEN,
} from './layout.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import { eachWatched, unwatchSource } from './watch.ts';
import { hasEntryWith, isSourceOver } from './window.ts';

/** Moves time to `nowMs`, never back: open episodes go on or end, broken habits count, idle sources are freed bit by bit. */
export function advance(shard: Shard, nowMs: number, wallOffsetMs: number): void {
  const elapsedMs = Math.floor(nowMs) - shard.times[H_ADVANCED_MS]!;
  shard.times[H_WALL_OFFSET_MS] = wallOffsetMs;
  // The same time again is not nothing: a worker may have died on the way.
  if (!(elapsedMs >= 0)) return;
  shard.times[H_ADVANCED_MS]! += elapsedMs;
  judgeEpisodes(shard);
  judgeHabits(shard);
  sweep(shard, elapsedMs);
}

function judgeEpisodes(shard: Shard): void {
  const { words, times } = shard;
  const end = words[H_EPISODE_POOL + POOL_FRESH]!;
  for (let episode = shard.episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (words[(episode << 4) + P_STATE] !== STATE_OPEN) continue;
    const source = words[(episode << 4) + P_SOURCE]!;
    if (settle(shard, source)) continue;
    // It may have ended just when habits of its source broke, which start the next one.
    if (words[(source << 4) + S_EPISODE] === 0 && !isSourceOver(shard, source)) continue;
    times[H_AT_MS] = times[H_CLOCK_MS]!;
    judge(shard, source);
  }
}

/** A broken habit starts an episode without any record. */
function judgeHabits(shard: Shard): void {
  const { words, times } = shard;
  eachWatched(shard, times[H_ADVANCED_MS]!, (source) => {
    if (settle(shard, source)) return false;
    times[H_AT_MS] = times[H_CLOCK_MS]!;
    if (words[(source << 4) + S_EPISODE] === 0 && isSourceOver(shard, source)) judge(shard, source);
    const isWatched = hasEntryWith(shard, source, META_PROBATION);
    if (!isWatched) unwatchSource(shard, source);
    return isWatched;
  });
}

/** As many sources as the elapsed share of the window asks for: all of them within one rollup period. */
function sweep(shard: Shard, elapsedMs: number): void {
  const { words, halves, sourcesFrom } = shard;
  const end = words[H_SOURCE_POOL + POOL_FRESH]!;
  const sources = (end - sourcesFrom) / SOURCE_LINES;
  for (let left = Math.min(sources, Math.ceil((sources * elapsedMs) / shard.limits.windowMs)); left > 0; left--) {
    const source = words[H_SWEEP]!;
    if (halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_LIVE) settle(shard, source);
    words[H_SWEEP] = source + SOURCE_LINES < end ? source + SOURCE_LINES : sourcesFrom;
  }
}
