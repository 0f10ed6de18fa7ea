import {
  H_WATCH_DUE_MS,
  H_WATCH_SECOND,
  S_DUE_TIME,
  S_FLAGS_HALF,
  S_WATCH_NEXT,
  S_WATCH_PREV,
  SOURCE_WATCHED,
  WATCH_SLOTS,
  WATCH_WORD,
} from '../src/layout.ts';
import { halves, times, words } from './tables.ts';

/**
 * Sources with something on probation, in a wheel of one list for each second: `advance` looks only at those that may be
 * due. One that turns out to be due later moves on; what is due beyond the wheel waits in its last list.
 */
export function watchSource(source: i32): void {
  if (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_WATCHED) return;
  halves[(source << 5) + S_FLAGS_HALF] |= SOURCE_WATCHED;
  const now = times[H_WATCH_SECOND];
  const second = Math.max(Math.floor(times[(source << 3) + S_DUE_TIME] / 1000), now);
  const listed = Math.min(second, now + WATCH_SLOTS - 1);
  times[H_WATCH_DUE_MS] = Math.min(times[H_WATCH_DUE_MS], listed * 1000);
  const slot = slotOf(listed);
  const first = words[slot];
  words[(source << 4) + S_WATCH_NEXT] = first;
  words[(source << 4) + S_WATCH_PREV] = -slot;
  if (first !== 0) words[(first << 4) + S_WATCH_PREV] = source;
  words[slot] = source;
}

/** Takes a source out of its list, if it is in one. */
export function unwatchSource(source: i32): void {
  if ((halves[(source << 5) + S_FLAGS_HALF] & SOURCE_WATCHED) === 0) return;
  halves[(source << 5) + S_FLAGS_HALF] &= ~SOURCE_WATCHED;
  const next = words[(source << 4) + S_WATCH_NEXT];
  const prev = words[(source << 4) + S_WATCH_PREV];
  words[prev < 0 ? -prev : (prev << 4) + S_WATCH_NEXT] = next;
  if (next !== 0) words[(next << 4) + S_WATCH_PREV] = prev;
}

/** When the first list with a source in it is due, Infinity if none has one. */
export function nextWatchMs(): f64 {
  const now = times[H_WATCH_SECOND];
  for (let second = now; second < now + WATCH_SLOTS; second++) {
    if (words[slotOf(second)] !== 0) return second * 1000;
  }
  return Infinity;
}

/** The word of the list of a second. */
export function slotOf(second: f64): i32 {
  return WATCH_WORD + (((second as i64) % WATCH_SLOTS) as i32);
}
