import {
  EPISODE_LINES,
  H_ADVANCED_MS,
  H_AT_MS,
  H_CLOCK_MS,
  H_EPISODE_POOL,
  H_EPISODES_DUE_MS,
  H_SOURCE_POOL,
  H_SWEEP,
  H_WALL_OFFSET_MS,
  H_WATCH_DUE_MS,
  H_WATCH_SECOND,
  META_PROBATION,
  P_SOURCE,
  P_STATE,
  POOL_FRESH,
  S_DUE_TIME,
  S_EPISODE,
  S_FLAGS_HALF,
  S_WATCH_NEXT,
  S_WATCH_TIME,
  SOURCE_LINES,
  SOURCE_LIVE,
  STATE_OPEN,
  WATCH_SLOTS,
} from '../src/layout.ts';
import { changesMs } from './changes-ms.ts';
import { judge } from './episode.ts';
import * as limits from './limits.ts';
import { settle } from './settle.ts';
import { episodesFrom, halves, sourcesFrom, times, words } from './tables.ts';
import { nextListed, nextWatchMs, slotOf, unwatchSource, watchSource } from './watch.ts';
import { hasEntryWith, isSourceOver } from './window.ts';

/** Moves time to `nowMs`, never back: open episodes go on or end, broken habits count, idle sources are freed bit by bit. */
export function advance(nowMs: f64, wallOffsetMs: f64): void {
  const elapsedMs = Math.floor(nowMs) - times[H_ADVANCED_MS];
  times[H_WALL_OFFSET_MS] = wallOffsetMs;
  // The same time again is not nothing: a worker may have died on the way.
  if (!(elapsedMs >= 0)) return;
  times[H_ADVANCED_MS] += elapsedMs;
  const atMs = times[H_ADVANCED_MS];
  if (atMs >= times[H_EPISODES_DUE_MS]) judgeEpisodes();
  if (atMs >= times[H_WATCH_DUE_MS]) judgeHabits();
  sweep(elapsedMs);
}

function judgeEpisodes(): void {
  const end = words[H_EPISODE_POOL + POOL_FRESH];
  let dueMs: f64 = Infinity;
  for (let episode = episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (words[(episode << 4) + P_STATE] !== STATE_OPEN) continue;
    const source = words[(episode << 4) + P_SOURCE];
    if (settle(source)) continue;
    // It may have ended just when habits of its source broke, which start the next one.
    if (words[(source << 4) + S_EPISODE] === 0 && !isSourceOver(source)) continue;
    times[H_AT_MS] = times[H_CLOCK_MS];
    judge(source);
    dueMs = Math.min(dueMs, changesMs(source));
  }
  times[H_EPISODES_DUE_MS] = dueMs;
}

/** Looks at every watched source that may be due by now: a broken habit starts an episode without any record. */
function judgeHabits(): void {
  const nowMs = times[H_ADVANCED_MS];
  const until = Math.floor(nowMs / 1000);
  const from = Math.max(times[H_WATCH_SECOND], until - WATCH_SLOTS + 1);
  for (let second = nextListed(from, until); second <= until; second = nextListed(second + 1, until)) {
    // Its sources move to this slot or a later one.
    times[H_WATCH_SECOND] = second;
    for (let source = words[slotOf(second)]; source !== 0; ) {
      const next = words[(source << 4) + S_WATCH_NEXT];
      const isDue = times[(source << 3) + S_WATCH_TIME] <= nowMs;
      if (isDue ? judgeHabitsOf(source) : second < until) {
        unwatchSource(source);
        watchSource(source);
      }
      source = next;
    }
  }
  times[H_WATCH_SECOND] = Math.max(times[H_WATCH_SECOND], until);
  times[H_WATCH_DUE_MS] = nextWatchMs();
}

/** Brings a source up to now; whether it is still there, and is to be watched further. */
function judgeHabitsOf(source: i32): bool {
  // Its habits are looked at even if nothing else of it is due: when they are due next has to be known.
  times[(source << 3) + S_DUE_TIME] = 0;
  if (settle(source)) return false;
  times[H_AT_MS] = times[H_CLOCK_MS];
  if (words[(source << 4) + S_EPISODE] === 0 && isSourceOver(source)) judge(source);
  const isWatched = hasEntryWith(source, META_PROBATION);
  if (!isWatched) unwatchSource(source);
  return isWatched;
}

/** As many sources as the elapsed share of the window asks for: all of them within one rollup period. */
function sweep(elapsedMs: f64): void {
  const end = words[H_SOURCE_POOL + POOL_FRESH];
  const sources = (end - sourcesFrom) / SOURCE_LINES;
  const share = Math.ceil(((sources as f64) * elapsedMs) / limits.windowMs);
  for (let left = Math.min(sources, share) as i32; left > 0; left--) {
    const source = words[H_SWEEP];
    if (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_LIVE) settle(source);
    words[H_SWEEP] = source + SOURCE_LINES < end ? source + SOURCE_LINES : sourcesFrom;
  }
}
