import {
  H_WATCH_SECOND,
  S_DUE_TIME,
  S_FLAGS_HALF,
  S_WATCH_NEXT,
  S_WATCH_PREV,
  SOURCE_WATCHED,
  WATCH_SLOTS,
  WATCH_WORD,
} from './layout.ts';
import type { Shard } from './shard.ts';

/**
 * Sources with something on probation, in a wheel of one list for each second: `advance` looks only at those that may be
 * due. One that turns out to be due later moves on; what is due beyond the wheel waits in its last list.
 */
export function watchSource(shard: Shard, source: number): void {
  const { words, halves, times } = shard;
  if (halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_WATCHED) return;
  halves[(source << 5) + S_FLAGS_HALF]! |= SOURCE_WATCHED;
  const now = times[H_WATCH_SECOND]!;
  const second = Math.min(Math.max(Math.floor(times[(source << 3) + S_DUE_TIME]! / 1000), now), now + WATCH_SLOTS - 1);
  const slot = WATCH_WORD + (second % WATCH_SLOTS);
  const first = words[slot]!;
  words[(source << 4) + S_WATCH_NEXT] = first;
  words[(source << 4) + S_WATCH_PREV] = -slot;
  if (first !== 0) words[(first << 4) + S_WATCH_PREV] = source;
  words[slot] = source;
}

/** Takes a source out of its list, if it is in one. */
export function unwatchSource({ words, halves }: Shard, source: number): void {
  if ((halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_WATCHED) === 0) return;
  halves[(source << 5) + S_FLAGS_HALF]! &= ~SOURCE_WATCHED;
  const next = words[(source << 4) + S_WATCH_NEXT]!;
  const prev = words[(source << 4) + S_WATCH_PREV]!;
  words[prev < 0 ? -prev : (prev << 4) + S_WATCH_NEXT] = next;
  if (next !== 0) words[(next << 4) + S_WATCH_PREV] = prev;
}

/**
 * Visits every watched source that may be due at `nowMs`. `visit` brings it up to that time, and tells whether it is to be
 * watched further; false also if it is gone.
 */
export function eachWatched(shard: Shard, nowMs: number, visit: (source: number) => boolean): void {
  const { words, times } = shard;
  const until = Math.floor(nowMs / 1000);
  const from = Math.max(times[H_WATCH_SECOND]!, until - WATCH_SLOTS + 1);
  for (let second = from; second <= until; second++) {
    // Its sources move to this slot or a later one.
    times[H_WATCH_SECOND] = second;
    for (let source = words[WATCH_WORD + (second % WATCH_SLOTS)]!; source !== 0; ) {
      const next = words[(source << 4) + S_WATCH_NEXT]!;
      const isDue = times[(source << 3) + S_DUE_TIME]! <= nowMs;
      if (isDue ? visit(source) : second < until) {
        unwatchSource(shard, source);
        watchSource(shard, source);
      }
      source = next;
    }
  }
}
