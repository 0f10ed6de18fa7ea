import { judge } from './episode.ts';
import {
  EPISODE_LINES,
  H_ADVANCED_MS,
  H_EPISODE_POOL,
  H_SOURCE_POOL,
  H_SWEEP,
  P_SOURCE,
  P_STATE,
  POOL_FRESH,
  S_EPISODE,
  S_LIVE_HALF,
  STATE_OPEN,
} from './layout.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import { clockOf } from './source-table.ts';

/** Moves time to `nowMs`, never back: open episodes go on or end, idle sources are freed bit by bit. */
export function advance(shard: Shard, nowMs: number): void {
  const elapsedMs = Math.floor(nowMs) - shard.times[H_ADVANCED_MS]!;
  // The same time again is not nothing: a worker may have died on the way.
  if (!(elapsedMs >= 0)) return;
  shard.times[H_ADVANCED_MS]! += elapsedMs;
  judgeEpisodes(shard);
  sweep(shard, elapsedMs);
}

function judgeEpisodes(shard: Shard): void {
  const { words } = shard;
  const end = words[H_EPISODE_POOL + POOL_FRESH]!;
  for (let episode = shard.episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (words[(episode << 4) + P_STATE] !== STATE_OPEN) continue;
    const source = words[(episode << 4) + P_SOURCE]!;
    if (settle(shard, source) || words[(source << 4) + S_EPISODE] === 0) continue;
    const clockMs = clockOf(shard, source);
    judge(shard, source, clockMs, clockMs);
  }
}

/** As many sources as the elapsed share of the window asks for: all of them within one rollup period. */
function sweep(shard: Shard, elapsedMs: number): void {
  const { words, halves, sourcesFrom } = shard;
  const end = words[H_SOURCE_POOL + POOL_FRESH]!;
  const sources = end - sourcesFrom;
  for (let left = Math.min(sources, Math.ceil((sources * elapsedMs) / shard.limits.windowMs)); left > 0; left--) {
    const source = words[H_SWEEP]!;
    if (halves[(source << 5) + S_LIVE_HALF] === 1) settle(shard, source);
    words[H_SWEEP] = source + 1 < end ? source + 1 : sourcesFrom;
  }
}
