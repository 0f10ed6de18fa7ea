import { addSlot, entryAt, findSlot, isFull, moveBlock } from './block.ts';
import { hasBeat, isSteady, loseHabit, makeHabitual, nextCadence, watchHabit } from './cadence.ts';
import { endIfRecognised, judge, noteSeen } from './episode.ts';
import { makeRoomForBlock, makeRoomForSource } from './eviction.ts';
import {
  ABORTED,
  E_CADENCE,
  E_CONNECTIONS_HALF,
  E_FIRST,
  E_LAST,
  E_META,
  E_NEWER_HALF,
  E_UNTOLD_HALF,
  H_ADVANCED_MS,
  H_AT_MS,
  H_CLOCK_MS,
  H_EVICTED_SERVICES,
  H_LATE,
  H_MALFORMED,
  H_OBSERVED,
  H_RULES_TAG,
  H_SAME_ADDRESS,
  H_SIGHTINGS_SHED,
  H_UNDO,
  H_WALL_OFFSET_MS,
  HITS_LINES,
  HITS_TIME,
  MAX_SERVICES_PER_SOURCE,
  META_CLASS_SHIFT,
  META_EXPIRED,
  META_HABITUAL,
  META_IN_WINDOW,
  META_OUTCOME,
  META_OUTCOME_SHIFT,
  META_PORT,
  META_PROBATION,
  ORDER_BITS,
  S_BLOCK,
  S_CLOCK_TIME,
  S_DIRTY_HALF,
  S_DUE_TIME,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_NEWEST_HALF,
  S_RULES,
  SOURCE_PREFIX,
  UNCOUNTED,
  UNDO_WORDS,
} from './layout.ts';
import { moveClock } from './move-clock.ts';
import { concerns, decisionOf, exceptionOf } from './rules.ts';
import type { Shard } from './shard.ts';
import { addSource, findSource, isIpv4, isSource, queueSource, removeSource } from './source-table.ts';
import { saveUndo } from './undo.ts';
import { ageOf, enter, evictEntry, isSourceOver, link, noteShed, oldestOf, turn, unlink } from './window.ts';

const MOST = 0xffff;

/** fe80::/10 in the byte order of the machine: those /64s are the same on every link. */
const LINK_LOCAL = new Int32Array(Uint8Array.of(0xfe, 0x80, 0, 0).buffer)[0]!;
const LINK_LOCAL_MASK = new Int32Array(Uint8Array.of(0xff, 0xc0, 0, 0).buffer)[0]!;

/**
 * The record of the time at H_AT_MS into the tables; the addresses are four words each at these places of `addresses`.
 * `hint` is where its source may be, 0 if that is unknown.
 */
export function observe(
  shard: Shard,
  addresses: ArrayLike<number>,
  sourceAt: number,
  destinationAt: number,
  port: number,
  outcome: number,
  process: number,
  hint: number,
): void {
  const { words, times, limits } = shard;
  const atMs = times[H_AT_MS]!;
  words[H_UNDO] = 0;
  times[H_OBSERVED]!++;
  const of = limits.classes[outcome] ?? 0;
  // NaN and what is beyond exact integers fail the comparison too.
  if (of === 0 || (port & META_PORT) !== port || port === 0 || !(atMs >= 0 && atMs <= Number.MAX_SAFE_INTEGER)) {
    times[H_MALFORMED]!++;
    return;
  }
  const a = addresses[sourceAt]! | 0;
  const b = addresses[sourceAt + 1]! | 0;
  const c = addresses[sourceAt + 2]! | 0;
  const d = addresses[sourceAt + 3]! | 0;
  const e = addresses[destinationAt]! | 0;
  const f = addresses[destinationAt + 1]! | 0;
  const g = addresses[destinationAt + 2]! | 0;
  const h = addresses[destinationAt + 3]! | 0;
  if (d === h && c === g && b === f && a === e) {
    times[H_SAME_ADDRESS]!++;
    return;
  }
  const isV4 = isIpv4(a, b, c);
  if (isV4 !== isIpv4(e, f, g)) {
    times[H_MALFORMED]!++;
    return;
  }
  times[H_AT_MS] = Math.floor(atMs);
  let source = sourceOf(shard, a, b, c, d, 0, hint);
  if (source === 0) {
    times[H_LATE]!++;
    return;
  }
  let decision = 0;
  let counts = of;
  if ((limits.rules.exceptions.length > 0 || limits.rules.habits.length > 0) && isConcerned(shard, source)) {
    decision = decisionOf(limits.rules, addresses, sourceAt, destinationAt, port);
    counts = exempt(shard, addresses, sourceAt, destinationAt, port, process) ? UNCOUNTED : of;
  }
  const habitual = record(shard, source, e, f, g, h, port, counts, outcome, decision, true);
  if (isV4 || habitual || counts === UNCOUNTED || words[(source << 4) + S_EPISODE] !== 0) return;
  if ((a & LINK_LOCAL_MASK) === LINK_LOCAL) return;
  // The record of the address is whole: what makes room for the other one may move it.
  words[H_UNDO] = 0;
  source = sourceOf(shard, a, b, 0, 0, SOURCE_PREFIX, 0);
  if (source !== 0) record(shard, source, e, f, g, h, port, counts, outcome, 0, false);
}

/** The source of a record, brought up to its time; 0 if the record is older than the window. */
function sourceOf(shard: Shard, a: number, b: number, c: number, d: number, prefix: number, hint: number): number {
  const { times, limits } = shard;
  const atMs = times[H_AT_MS]!;
  const isThere = hint !== 0 && isSource(shard, hint, a, b, c, d, prefix);
  let source = isThere ? hint : findSource(shard, a, b, c, d, prefix);
  const knownMs = source === 0 ? 0 : times[(source << 3) + S_CLOCK_TIME]!;
  const clockMs = Math.max(atMs, times[H_ADVANCED_MS]!, knownMs);
  if (atMs <= clockMs - limits.windowMs) return 0;
  if (source === 0) {
    source = addSource(shard, a, b, c, d, prefix);
    if (source === 0) {
      makeRoomForSource(shard);
      source = addSource(shard, a, b, c, d, prefix);
    }
    times[H_CLOCK_MS] = clockMs;
    times[(source << 3) + S_CLOCK_TIME] = clockMs;
    return source;
  }
  times[H_CLOCK_MS] = clockMs;
  if (clockMs >= times[(source << 3) + S_DUE_TIME]!) moveClock(shard, source);
  else times[(source << 3) + S_CLOCK_TIME] = clockMs;
  return source;
}

/** A record of a source that has been brought up to its time. Whether it was of a habitual service. */
function record(
  shard: Shard,
  source: number,
  e: number,
  f: number,
  g: number,
  h: number,
  port: number,
  of: number,
  outcome: number,
  decision: number,
  tells: boolean,
): boolean {
  const { words, times, limits } = shard;
  const atMs = times[H_AT_MS]!;
  const key = port | (of << META_CLASS_SHIFT);
  let slot = findSlot(shard, source, e, f, g, h, key);
  let at: number;
  if (slot === 0) {
    if (!hasRoom(shard, source, of)) return false;
    slot = addSlot(shard, source, e, f, g, h, key | (outcome << META_OUTCOME_SHIFT));
    at = entryAt(shard, source, slot);
    words.fill(0, H_UNDO + 1, H_UNDO + 1 + UNDO_WORDS);
    words[H_UNDO] = at;
    words[at + E_LAST] = atMs | 0;
    words[at + E_CADENCE] = 1;
    link(shard, source, slot);
    enter(shard, source, at);
    const due = (source << 3) + S_DUE_TIME;
    times[due] = Math.min(times[due]!, atMs + limits.windowMs);
  } else {
    at = entryAt(shard, source, slot);
    saveUndo(shard, at);
    merge(shard, source, slot, at, outcome);
  }
  touch(shard, source, at, outcome, tells);
  let habitual = (words[at + E_META]! & META_HABITUAL) !== 0;
  if (of !== UNCOUNTED) {
    if (habitual) {
      if (decision < 0) loseHabit(shard, source, at, 0);
    } else if (decision > 0 || (decision === 0 && limits.cadence && isSteady(words[at + E_CADENCE]!))) {
      makeHabitual(shard, source, at, decision > 0);
    }
    habitual = (words[at + E_META]! & META_HABITUAL) !== 0;
    if (habitual) endIfRecognised(shard, source);
  }
  const episode = words[(source << 4) + S_EPISODE]!;
  if (episode !== 0 && of === ABORTED && !habitual) noteSeen(shard, episode);
  if (episode !== 0 || isSourceOver(shard, source)) judge(shard, source);
  return habitual;
}

/** Makes a free slot. At its cap a source keeps the latest services: its oldest one goes, which may be the one that comes. */
function hasRoom(shard: Shard, source: number, of: number): boolean {
  const { words, halves, times } = shard;
  const atMs = times[H_AT_MS]!;
  const clockMs = times[H_CLOCK_MS]!;
  const entries = halves[(source << 5) + S_ENTRIES_HALF]!;
  if (entries < MAX_SERVICES_PER_SOURCE) {
    if (!isFull(shard, source)) return true;
    const block = words[(source << 4) + S_BLOCK]!;
    const order = block === 0 ? 0 : (block & ORDER_BITS) + 1;
    if (moveBlock(shard, source, order)) return true;
    const isThereRoom = makeRoomForBlock(shard, source, order);
    // The clocks of others were moved for it.
    times[H_CLOCK_MS] = clockMs;
    if (isThereRoom && moveBlock(shard, source, order)) return true;
    if (entries === 0) {
      // Every block is in the hands of a more suspicious source.
      removeSource(shard, source);
      times[H_EVICTED_SERVICES]!++;
      return false;
    }
  }
  const oldest = oldestCounted(shard, source);
  if (oldest !== 0 && ageOf(shard, entryAt(shard, source, oldest), clockMs) >= clockMs - atMs) {
    evictEntry(shard, source, oldest);
    return true;
  }
  if (of !== UNCOUNTED) noteShed(shard, source, atMs);
  times[H_EVICTED_SERVICES]!++;
  times[H_SIGHTINGS_SHED]!++;
  return false;
}

/** Habits are spared: they have half of the places at most. */
function oldestCounted(shard: Shard, source: number): number {
  const { words, halves } = shard;
  let slot = oldestOf(shard, source);
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]!; left > 0; left--) {
    const at = entryAt(shard, source, slot);
    if ((words[at + E_META]! & META_HABITUAL) === 0) return slot;
    slot = halves[(at << 1) + E_NEWER_HALF]!;
  }
  return 0;
}

/** A record of a known service: the latest time wins, in whatever order the records come. */
function merge(shard: Shard, source: number, slot: number, at: number, outcome: number): void {
  const { words, halves, times, limits } = shard;
  const atMs = times[H_AT_MS]!;
  const clockMs = times[H_CLOCK_MS]!;
  const lastMs = clockMs - ageOf(shard, at, clockMs);
  const entering = (words[at + E_META]! & META_IN_WINDOW) === 0;
  if (atMs <= lastMs && !entering) return;
  const cadence = words[at + E_CADENCE]!;
  if (atMs > lastMs) {
    words[at + E_META] = (words[at + E_META]! & ~META_OUTCOME) | (outcome << META_OUTCOME_SHIFT);
    if (limits.cadence) words[at + E_CADENCE] = nextCadence(shard, cadence, atMs - lastMs);
  }
  const newest = halves[(source << 5) + S_NEWEST_HALF]!;
  if (slot === newest && !entering) {
    words[at + E_LAST] = atMs | 0;
  } else {
    const newestAt = entryAt(shard, source, newest);
    if (slot === halves[(newestAt << 1) + E_NEWER_HALF] && ((words[newestAt + E_LAST]! - atMs) | 0) <= 0) {
      words[at + E_LAST] = atMs | 0;
      turn(shard, source, slot);
    } else {
      unlink(shard, source, slot);
      words[at + E_LAST] = atMs | 0;
      link(shard, source, slot);
    }
  }
  // With a beat or without, something else is missed, and maybe sooner.
  const isAnother = hasBeat(cadence) !== hasBeat(words[at + E_CADENCE]!);
  if (isAnother && words[at + E_META]! & META_PROBATION) watchHabit(shard, source, at);
  if (!entering) return;
  if (words[at + E_META]! & META_EXPIRED) words[at + E_CADENCE] = 1;
  enter(shard, source, at);
  const due = (source << 3) + S_DUE_TIME;
  times[due] = Math.min(times[due]!, atMs + limits.windowMs);
}

/** Counts a connection of an entry that stands at its place, and marks it as untold. */
function touch(shard: Shard, source: number, at: number, outcome: number, tells: boolean): void {
  const { words, halves, times } = shard;
  const atMs = times[H_AT_MS]!;
  const clockMs = times[H_CLOCK_MS]!;
  const meta = words[at + E_META]!;
  const told = outcome << META_OUTCOME_SHIFT;
  // At the same time the higher code wins, so that the order of the records does not matter.
  if (words[at + E_LAST] === (atMs | 0) && told > (meta & META_OUTCOME)) {
    words[at + E_META] = (meta & ~META_OUTCOME) | told;
  }
  const half = at << 1;
  if (halves[half + E_CONNECTIONS_HALF]! < MOST) halves[half + E_CONNECTIONS_HALF]!++;
  if ((meta & META_HABITUAL) === 0 && clockMs - atMs > (clockMs - words[at + E_FIRST]!) >>> 0) {
    words[at + E_FIRST] = atMs | 0;
  }
  if (!tells) return;
  if (halves[half + E_UNTOLD_HALF] === 0 && ++halves[(source << 5) + S_DIRTY_HALF]! === 1) queueSource(shard, source);
  if (halves[half + E_UNTOLD_HALF]! < MOST) halves[half + E_UNTOLD_HALF]!++;
}

/** Whether any rule could concern this source: looked up once for each policy. */
function isConcerned({ words, limits }: Shard, source: number): boolean {
  const at = (source << 4) + S_RULES;
  if ((words[at]! & ~1) !== limits.rules.tag) {
    words[at] = limits.rules.tag | (concerns(limits.rules, words, source << 4) ? 1 : 0);
  }
  return (words[at]! & 1) === 1;
}

/** Whether an exception takes the connection; its hits are counted. */
function exempt(
  shard: Shard,
  addresses: ArrayLike<number>,
  sourceAt: number,
  destinationAt: number,
  port: number,
  process: number,
): boolean {
  const { words, times, limits, isProcess } = shard;
  const wallMs = times[H_AT_MS]! + times[H_WALL_OFFSET_MS]!;
  const index = exceptionOf(limits.rules, addresses, sourceAt, destinationAt, port, wallMs, process, isProcess);
  if (index < 0) return false;
  if (words[H_RULES_TAG] !== limits.rules.exceptionsTag) {
    times.fill(0, HITS_TIME, HITS_TIME + HITS_LINES * 8);
    words[H_RULES_TAG] = limits.rules.exceptionsTag;
  }
  times[HITS_TIME + index]!++;
  return true;
}
