import {
  H_WATCH_DUE_MS,
  H_WATCH_SECOND,
  S_FLAGS_HALF,
  S_WATCH_NEXT,
  S_WATCH_PREV,
  S_WATCH_TIME,
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
  const second = Math.max(Math.floor(times[(source << 3) + S_WATCH_TIME] / 1000), now);
  const listed = Math.min(second, now + WATCH_SLOTS - 1);
  times[H_WATCH_DUE_MS] = Math.min(times[H_WATCH_DUE_MS], times[(source << 3) + S_WATCH_TIME]);
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

/**
 * Before this time no list has a source that is due: what the first list with any says, or the time of the second one. Infinity if
 * there is none.
 */
export function nextWatchMs(): f64 {
  const last = times[H_WATCH_SECOND] + WATCH_SLOTS - 1;
  const first = nextListed(times[H_WATCH_SECOND], last);
  if (first > last) return Infinity;
  let dueMs: f64 = Infinity;
  for (let source = words[slotOf(first)]; source !== 0; source = words[(source << 4) + S_WATCH_NEXT]) {
    dueMs = Math.min(dueMs, times[(source << 3) + S_WATCH_TIME]);
  }
  const second = nextListed(first + 1, last);
  return second > last ? dueMs : Math.min(dueMs, second * 1000);
}

/** The first second of these, fewer than there are lists, whose list has a source; one beyond them if none has. */
export function nextListed(from: f64, until: f64): f64 {
  let slot = slotOf(from) - WATCH_WORD;
  let left = (until - from + 1) as i32;
  while (left > 0) {
    // Eight at a time: in a replay of one source nearly all are empty, and looking at each took a quarter of its time.
    const skipped = (slot & 7) === 0 && left >= 8 && areEmpty(slot) ? 8 : 1;
    if (skipped === 1 && words[WATCH_WORD + slot] !== 0) break;
    slot = (slot + skipped) % WATCH_SLOTS;
    left -= skipped;
  }
  return until + 1 - left;
}

/** Whether eight lists have no source. */
function areEmpty(slot: i32): bool {
  const at = ((WATCH_WORD + slot) as usize) << 2;
  return (load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24)) === 0;
}

/** The word of the list of a second. */
export function slotOf(second: f64): i32 {
  return WATCH_WORD + (((second as i64) % WATCH_SLOTS) as i32);
}
