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
  HITS_LINES,
  HITS_TIME,
  MAX_SERVICES_PER_SOURCE,
  META_CLASS,
  META_CLASS_SHIFT,
  META_EXPIRED,
  META_HABITUAL,
  META_IN_WINDOW,
  META_OUTCOME,
  META_OUTCOME_SHIFT,
  META_PORT,
  META_PROBATION,
  ORDER_BITS,
  R_OUTCOME,
  R_PORT,
  R_PROCESS,
  R_SOURCE,
  R_TIME,
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
} from '../src/layout.ts';
import { addSlot, entryAt, findSlot, isFull, moveBlock } from './block.ts';
import { hasBeat, isSteady, loseHabit, makeHabitual, nextCadence, watchHabit } from './cadence.ts';
import { endIfRecognised, judge, noteSeen } from './episode.ts';
import { makeRoomForBlock, makeRoomForSource } from './eviction.ts';
import * as limits from './limits.ts';
import { lowBits, since } from './milliseconds.ts';
import { moveClock } from './move-clock.ts';
import { concerns, decisionOf, exceptionOf } from './rules.ts';
import { addSource, findSource, isIpv4, isSource, queueSource, removeSource } from './source-table.ts';
import { halves, times, words } from './tables.ts';
import { saveUndo } from './undo.ts';
import { ageOf, enter, evictEntry, isSourceOver, link, noteShed, oldestOf, turn, unlink } from './window.ts';

const MOST = 0xffff;

/** fe80::/10 in the byte order of the machine: those /64s are the same on every link. */
const LINK_LOCAL = bswap<i32>(0xfe800000 as i32);
const LINK_LOCAL_MASK = bswap<i32>(0xffc00000 as i32);

/** The record of the batch at this word into the tables; see R_SOURCE for where its source may be. */
export function observe(at: i32): void {
  const atMs = times[(at >> 1) + R_TIME];
  const port = words[at + R_PORT];
  const outcome = words[at + R_OUTCOME];
  words[H_UNDO] = 0;
  times[H_OBSERVED]++;
  const kind = (outcome as u32) < 8 ? (limits.classes >> (outcome << 2)) & META_CLASS : 0;
  // NaN and what is beyond exact integers fail the comparison too.
  if (kind === 0 || (port & META_PORT) !== port || port === 0 || !(atMs >= 0 && atMs <= f64.MAX_SAFE_INTEGER)) {
    times[H_MALFORMED]++;
    return;
  }
  const a = words[at];
  const b = words[at + 1];
  const c = words[at + 2];
  const d = words[at + 3];
  const e = words[at + 4];
  const f = words[at + 5];
  const g = words[at + 6];
  const h = words[at + 7];
  if (d === h && c === g && b === f && a === e) {
    times[H_SAME_ADDRESS]++;
    return;
  }
  const isV4 = isIpv4(a, b, c);
  if (isV4 !== isIpv4(e, f, g)) {
    times[H_MALFORMED]++;
    return;
  }
  times[H_AT_MS] = Math.floor(atMs);
  let source = sourceOf(a, b, c, d, 0, words[at + R_SOURCE]);
  if (source === 0) {
    times[H_LATE]++;
    return;
  }
  let decision = 0;
  let counts = kind;
  if (limits.hasRules !== 0 && isConcerned(source)) {
    decision = decisionOf(at, at + 4, port);
    if (exempt(at, port)) counts = UNCOUNTED;
  }
  const habitual = record(source, e, f, g, h, port, counts, outcome, decision, limits.tellsSightings !== 0);
  if (isV4 || habitual || counts === UNCOUNTED || words[(source << 4) + S_EPISODE] !== 0) return;
  if ((a & LINK_LOCAL_MASK) === LINK_LOCAL) return;
  // The record of the address is whole: what makes room for the other one may move it.
  words[H_UNDO] = 0;
  source = sourceOf(a, b, 0, 0, SOURCE_PREFIX, 0);
  if (source !== 0) record(source, e, f, g, h, port, counts, outcome, 0, false);
}

/** The source of a record, brought up to its time; 0 if the record is older than the window. */
function sourceOf(a: i32, b: i32, c: i32, d: i32, prefix: i32, hint: i32): i32 {
  const atMs = times[H_AT_MS];
  const isThere = hint !== 0 && isSource(hint, a, b, c, d, prefix);
  let source = isThere ? hint : findSource(a, b, c, d, prefix);
  const knownMs: f64 = source === 0 ? 0 : times[(source << 3) + S_CLOCK_TIME];
  const clockMs = Math.max(Math.max(atMs, times[H_ADVANCED_MS]), knownMs);
  if (atMs <= clockMs - limits.windowMs) return 0;
  if (source === 0) {
    source = addSource(a, b, c, d, prefix);
    if (source === 0) {
      makeRoomForSource();
      source = addSource(a, b, c, d, prefix);
    }
    times[H_CLOCK_MS] = clockMs;
    times[(source << 3) + S_CLOCK_TIME] = clockMs;
    return source;
  }
  times[H_CLOCK_MS] = clockMs;
  if (clockMs >= times[(source << 3) + S_DUE_TIME]) moveClock(source);
  else times[(source << 3) + S_CLOCK_TIME] = clockMs;
  return source;
}

/** A record of a source that has been brought up to its time. Whether it was of a habitual service. */
function record(
  source: i32,
  e: i32,
  f: i32,
  g: i32,
  h: i32,
  port: i32,
  kind: i32,
  outcome: i32,
  decision: i32,
  tells: bool,
): bool {
  const atMs = times[H_AT_MS];
  const key = port | (kind << META_CLASS_SHIFT);
  let slot = findSlot(source, e, f, g, h, key);
  let at: i32;
  if (slot === 0) {
    if (!hasRoom(source, kind)) return false;
    slot = addSlot(source, e, f, g, h, key | (outcome << META_OUTCOME_SHIFT));
    at = entryAt(source, slot);
    words.fill(0, H_UNDO + 1, H_UNDO + 1 + UNDO_WORDS);
    words[H_UNDO] = at;
    words[at + E_LAST] = lowBits(atMs);
    words[at + E_CADENCE] = 1;
    link(source, slot);
    enter(source, at);
    const due = (source << 3) + S_DUE_TIME;
    times[due] = Math.min(times[due], atMs + limits.windowMs);
  } else {
    at = entryAt(source, slot);
    saveUndo(at);
    merge(source, slot, at, outcome);
  }
  touch(source, at, outcome, tells);
  let habitual = (words[at + E_META] & META_HABITUAL) !== 0;
  if (kind !== UNCOUNTED) {
    if (habitual) {
      if (decision < 0) loseHabit(source, at, 0);
    } else if (decision > 0 || (decision === 0 && limits.cadence && isSteady(words[at + E_CADENCE]))) {
      makeHabitual(source, at, decision > 0);
    }
    habitual = (words[at + E_META] & META_HABITUAL) !== 0;
    if (habitual) endIfRecognised(source);
  }
  const episode = words[(source << 4) + S_EPISODE];
  if (episode !== 0 && kind === ABORTED && !habitual) noteSeen(episode);
  if (episode !== 0 || isSourceOver(source)) judge(source);
  return habitual;
}

/** Makes a free slot. At its cap a source keeps the latest services: its oldest one goes, which may be the one that comes. */
function hasRoom(source: i32, kind: i32): bool {
  const atMs = times[H_AT_MS];
  const clockMs = times[H_CLOCK_MS];
  const entries = halves[(source << 5) + S_ENTRIES_HALF];
  if (entries < MAX_SERVICES_PER_SOURCE) {
    if (!isFull(source)) return true;
    const block = words[(source << 4) + S_BLOCK];
    const order = block === 0 ? 0 : (block & ORDER_BITS) + 1;
    if (moveBlock(source, order)) return true;
    const isThereRoom = makeRoomForBlock(source, order);
    // The clocks of others were moved for it.
    times[H_CLOCK_MS] = clockMs;
    if (isThereRoom && moveBlock(source, order)) return true;
    if (entries === 0) {
      // Every block is in the hands of a more suspicious source.
      removeSource(source);
      times[H_EVICTED_SERVICES]++;
      return false;
    }
  }
  const oldest = oldestCounted(source);
  if (oldest !== 0 && ageOf(entryAt(source, oldest), clockMs) >= clockMs - atMs) {
    evictEntry(source, oldest);
    return true;
  }
  if (kind !== UNCOUNTED) noteShed(source, atMs);
  times[H_EVICTED_SERVICES]++;
  times[H_SIGHTINGS_SHED]++;
  return false;
}

/** Habits are spared: they have half of the places at most. */
function oldestCounted(source: i32): i32 {
  let slot = oldestOf(source);
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]; left > 0; left--) {
    const at = entryAt(source, slot);
    if ((words[at + E_META] & META_HABITUAL) === 0) return slot;
    slot = halves[(at << 1) + E_NEWER_HALF];
  }
  return 0;
}

/** A record of a known service: the latest time wins, in whatever order the records come. */
function merge(source: i32, slot: i32, at: i32, outcome: i32): void {
  const atMs = times[H_AT_MS];
  const clockMs = times[H_CLOCK_MS];
  const lastMs = clockMs - ageOf(at, clockMs);
  const entering = (words[at + E_META] & META_IN_WINDOW) === 0;
  if (atMs <= lastMs && !entering) return;
  const cadence = words[at + E_CADENCE];
  if (atMs > lastMs) {
    words[at + E_META] = (words[at + E_META] & ~META_OUTCOME) | (outcome << META_OUTCOME_SHIFT);
    if (limits.cadence) words[at + E_CADENCE] = nextCadence(cadence, atMs - lastMs);
  }
  const newest = halves[(source << 5) + S_NEWEST_HALF];
  if (slot === newest && !entering) {
    words[at + E_LAST] = lowBits(atMs);
  } else {
    const newestAt = entryAt(source, newest);
    if (slot === halves[(newestAt << 1) + E_NEWER_HALF] && words[newestAt + E_LAST] - lowBits(atMs) <= 0) {
      words[at + E_LAST] = lowBits(atMs);
      turn(source, slot);
    } else {
      unlink(source, slot);
      words[at + E_LAST] = lowBits(atMs);
      link(source, slot);
    }
  }
  // With a beat or without, something else is missed, and maybe sooner.
  const isAnother = hasBeat(cadence) !== hasBeat(words[at + E_CADENCE]);
  if (isAnother && (words[at + E_META] & META_PROBATION) !== 0) watchHabit(source, at);
  if (!entering) return;
  if (words[at + E_META] & META_EXPIRED) words[at + E_CADENCE] = 1;
  enter(source, at);
  const due = (source << 3) + S_DUE_TIME;
  times[due] = Math.min(times[due], atMs + limits.windowMs);
}

/** Counts a connection of an entry that stands at its place, and marks it as untold. */
function touch(source: i32, at: i32, outcome: i32, tells: bool): void {
  const atMs = times[H_AT_MS];
  const clockMs = times[H_CLOCK_MS];
  const meta = words[at + E_META];
  const told = outcome << META_OUTCOME_SHIFT;
  // At the same time the higher code wins, so that the order of the records does not matter.
  if (words[at + E_LAST] === lowBits(atMs) && told > (meta & META_OUTCOME)) {
    words[at + E_META] = (meta & ~META_OUTCOME) | told;
  }
  const half = at << 1;
  if (halves[half + E_CONNECTIONS_HALF] < MOST) halves[half + E_CONNECTIONS_HALF]++;
  if ((meta & META_HABITUAL) === 0 && clockMs - atMs > since(words[at + E_FIRST], clockMs)) {
    words[at + E_FIRST] = lowBits(atMs);
  }
  if (!tells) return;
  if (halves[half + E_UNTOLD_HALF] === 0 && ++halves[(source << 5) + S_DIRTY_HALF] === 1) queueSource(source);
  if (halves[half + E_UNTOLD_HALF] < MOST) halves[half + E_UNTOLD_HALF]++;
}

/** Whether any rule could concern this source: looked up once for each policy. */
function isConcerned(source: i32): bool {
  const at = (source << 4) + S_RULES;
  if ((words[at] & ~1) !== limits.rulesTag) {
    words[at] = limits.rulesTag | (concerns(source << 4) ? 1 : 0);
  }
  return (words[at] & 1) === 1;
}

/** Whether an exception takes the connection; its hits are counted. */
function exempt(at: i32, port: i32): bool {
  const index = exceptionOf(at, at + 4, port, words[at + R_PROCESS]);
  if (index < 0) return false;
  if (words[H_RULES_TAG] !== limits.exceptionsTag) {
    times.fill(0, HITS_TIME, HITS_TIME + HITS_LINES * 8);
    words[H_RULES_TAG] = limits.exceptionsTag;
  }
  times[HITS_TIME + index]++;
  return true;
}
