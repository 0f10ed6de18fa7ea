/**
 * A shard in memory, all of it 64-byte lines (one cache line each):
 *
 *     header 5 | hits of exceptions 125 | wheel of watched sources 16 | records of the batch at work 32 | numbers to sort 128
 *     | sources, two lines each | episodes, two lines each | arena of blocks | owners of the arena's lines | buckets of sources
 *
 * Sources and episodes are named by the number of their first line, so 0 (the header) stands for none. The services of a
 * source are the entries of one block of the arena, named by their slot in it, from 1. The constants below are offsets from
 * the start of the record: words are 32-bit, halves 16-bit, times 64-bit floats of boot-clock milliseconds.
 */
export const MAGIC = 0x64534e43;
export const VERSION = 3;
export const LINE_BYTES = 64;
export const HEADER_LINES = 5;
export const HITS_LINES = 125;
const WATCH_LINES = 16;
export const BATCH_LINES = 32;
const SORT_LINES = 128;
/** What comes before the sources. */
export const HEAD_LINES = HEADER_LINES + HITS_LINES + WATCH_LINES + BATCH_LINES + SORT_LINES;
export const SOURCE_LINES = 2;
export const EPISODE_LINES = 2;

/** Services kept of one source: above every threshold of a policy (≤ 1,024) a count says no more than "many". */
export const MAX_SERVICES_PER_SOURCE = 1024;

/** Habitual ones among them, so that a source's habits never take the places of what it scans. */
export const MAX_HABITUAL_PER_SOURCE = 512;

/** A block of order n is 2^n lines. The largest holds 1,024 entries of a line each. */
export const MAX_ORDER = 10;

/** Header words. */
export const H_MAGIC = 0;
export const H_VERSION = 1;
export const H_SOURCES = 2;
export const H_SERVICES = 3;
export const H_EPISODES = 4;
export const H_KEY0 = 5;
export const H_KEY1 = 6;
/** WORKING while an operation changes the tables: who finds it finds what a worker left that died in the middle. */
export const H_IN_PROGRESS = 7;
export const WORKING = 1;
/** It comes from a file: what follows from its records is yet to be made. */
export const RESTORED = 2;
export const H_DIRTY_FIRST = 8;
export const H_DIRTY_LAST = 9;
export const H_RANDOM = 10;
export const H_SWEEP = 11;
export const H_PENDING_ALERTS = 12;
/** The answer that marked rows and alerts were told in, 0 for none, and how many rows are marked at most. */
export const H_TELLING = 13;
export const H_TELLING_ROWS = 63;
/** Of no meaning: what was loaded only to have it at hand. */
export const H_LOADED = 74;
/** The most aborted services that a source has had in its window. */
export const H_PEAK = 75;
/** The exceptions that the hits belong to. */
export const H_RULES_TAG = 14;
/** The entry that a record changes, as it was before: its place, 0 for none, then its words from E_META on. */
export const H_UNDO = 15;
export const UNDO_WORDS = 5;
/** Pools: the free list, the first line never used yet, records in use. */
export const H_SOURCE_POOL = 21;
export const H_EPISODE_POOL = 24;
export const POOL_FREE = 0;
export const POOL_FRESH = 1;
export const POOL_USED = 2;
export const H_ENTRIES = 27;
/** Header times and counters (64-bit floats are exact up to 2^53). */
export const H_ADVANCED_MS = 14;
export const H_OBSERVED = 15;
export const H_SAME_ADDRESS = 16;
export const H_MALFORMED = 17;
export const H_LATE = 18;
export const H_EVICTED_SOURCES = 19;
export const H_EVICTED_SERVICES = 20;
export const H_SIGHTINGS_SHED = 21;
export const H_EPISODES_PUT_OFF = 22;
export const H_RECOVERIES = 23;
export const H_WALL_OFFSET_MS = 24;
/** When the shard was made: its warm-up counts from there. */
export const H_STARTED_MS = 25;
/** When the counts of the window fell under the limits, in the slide that is under way. */
export const H_FELL_MS = 32;
/** Up to which second the wheel was turned. */
export const H_WATCH_SECOND = 33;
/**
 * Times of the operation under way: the time of the record (or of advance), that up to which the source at work is brought, and that at
 * which the entry at work leaves its period.
 */
export const H_AT_MS = 34;
export const H_CLOCK_MS = 35;
export const H_GONE_MS = 36;
/**
 * Before these times `advance` finds nothing to do: at no open episode, and in no list of the wheel. Lower bounds, 0 if nobody
 * knows.
 */
export const H_EPISODES_DUE_MS = 38;
export const H_WATCH_DUE_MS = 39;
/** Free blocks of each order: the first of a list, as words from here on. */
export const H_FREE_BLOCKS = 52;

/** Hits of each exception, as times from here on. */
export const HITS_TIME = HEADER_LINES * 8;

/** The first source of each list of the wheel, as words from here on. */
export const WATCH_WORD = (HEADER_LINES + HITS_LINES) * 16;
export const WATCH_SLOTS = 256;

/** The first record of the batch, as words from here on; each has a line. */
export const BATCH_WORD = (HEADER_LINES + HITS_LINES + WATCH_LINES) * 16;

/** Where numbers are sorted, as times from here on: as many as a source has services at most. */
export const SORT_TIME = (HEADER_LINES + HITS_LINES + WATCH_LINES + BATCH_LINES) * 8;

/** Record: words 0 to 3 are the address of its source, 4 to 7 that of its destination. */
export const R_PORT = 8;
export const R_OUTCOME = 9;
/** Serial number of the process that connects, 0 if it is unknown. */
export const R_PROCESS = 10;
/** Where its source may be, 0 if that is unknown. */
export const R_SOURCE = 11;
/** Of a replayed record: 1 if all was quiet behind it. */
export const R_QUIET = 12;
export const R_TIME = 6;
/** In a replay: the latest time that its lines had come to. */
export const R_MOVED_TIME = 7;

/** A free block begins with these, and so do dead sources and episodes with the first. */
export const CHAIN = 4;
export const PREVIOUS = 5;

/** Source: words 0 to 3 are its address. Its first line is all that most records touch. */
export const S_BLOCK = 5;
export const ORDER_BITS = 15;
/** Up to when the source has been brought. */
export const S_CLOCK_TIME = 3;
/** The list of entries is a ring, so the newest one is next to the oldest. */
export const S_NEWEST_HALF = 16;
/** The oldest entry inside the window. */
export const S_EDGE_HALF = 17;
export const S_ABORTED_HALF = 18;
export const S_FAILED_HALF = 19;
export const S_SLOW_HALF = 20;
export const S_ENTRIES_HALF = 21;
/** Entries with something untold. */
export const S_DIRTY_HALF = 22;
/** Aborted services that entered the window after the last alert of the open episode. */
export const S_NOVEL_HALF = 23;
/** Before this time, moving the clock of the source changes nothing. */
export const S_DUE_TIME = 6;
export const S_EPISODE = 14;
export const S_FLAGS_HALF = 30;
/** First of the block's free slots. */
export const S_FREE_HALF = 31;
/** Second line. */
export const S_DIRTY_NEXT = 16;
export const S_DIRTY_PREV = 17;
export const S_WATCH_NEXT = 18;
export const S_WATCH_PREV = 19;
/** The latest time of an entry that lost its place while it counted. */
export const S_SHED_TIME = 10;
export const S_HABITUAL_HALF = 44;
/** Aborted services of the window that passed for habitual until their beat stopped. */
export const S_BROKEN_HALF = 45;
/** When its last episode started. */
export const S_STARTED_TIME = 12;
/** When a habit of it on probation is due, while it is watched. */
export const S_WATCH_TIME = 13;
/** The rules that were looked up for this source, and whether any concerns it. */
export const S_RULES = 23;

export const SOURCE_LIVE = 1;
/** Its entries take a whole line, as their addresses are IPv6. */
export const SOURCE_WIDE = 2;
/** It stands for all addresses of its /64. */
export const SOURCE_PREFIX = 4;
/** It is in the list of those with an entry on probation. */
export const SOURCE_WATCHED = 8;
/** Which override of the policy takes it, from 1; 0 is none. */
export const OVERRIDE_SHIFT = 4;
export const SOURCE_OVERRIDE = 7 << OVERRIDE_SHIFT;

/**
 * Entry (one service of a source, once per class): eight words, the first of which is its IPv4 address, or the last word of its
 * IPv6 address, of which the first three words follow. Times are
 * modulo 2^32: a live entry is never older than a week, so its age is exact.
 */
export const E_META = 1;
export const E_LAST = 2;
/** Connections since it entered the window, and since it was last told; 65,535 is that many or more. */
export const E_CONNECTIONS_HALF = 6;
export const E_UNTOLD_HALF = 7;
/** When it entered the window, in ms; of a habitual one since when it is, in s. */
export const E_FIRST = 4;
export const E_CADENCE = 5;
export const E_NEWER_HALF = 12;
export const E_OLDER_HALF = 13;
/** Blocks of more than 8 slots are hash tables: the chain that begins in this slot, and the one that the entry is in. */
export const E_HEAD_HALF = 14;
export const E_CHAIN_HALF = 15;
export const E_WIDE_ADDRESS = 8;

/** Slots of a block that is looked through rather than hashed. */
export const FEW_SLOTS = 8;

/** E_META: port and class are part of the key of an entry. */
export const META_PORT = 0xffff;
export const META_CLASS_SHIFT = 16;
export const META_CLASS = 3;
export const META_LIVE = 1 << 18;
export const META_KEY = 0x7ffff;
export const META_OUTCOME_SHIFT = 19;
export const META_OUTCOME = 7 << META_OUTCOME_SHIFT;
export const META_IN_WINDOW = 1 << 22;
export const META_IN_SLOW = 1 << 23;
export const META_HABITUAL = 1 << 24;
export const META_PROBATION = 1 << 25;
export const META_PINNED = 1 << 26;
export const META_BROKEN = 1 << 27;
export const META_NOVEL = 1 << 28;
/** Nothing but telling it keeps it. */
export const META_EXPIRED = 1 << 29;
/** What is untold of it was told in the answer of H_TELLING. */
export const META_TELLING = 1 << 30;

/** E_CADENCE: beats and windows seen, 7 is that many or more; the period in ms, up to four hours. */
export const CADENCE_BEATS = 7;
export const CADENCE_WINDOWS_SHIFT = 3;
export const CADENCE_WINDOWS = 7;
export const CADENCE_PERIOD_SHIFT = 6;
export const MAX_PERIOD_MS = 2 ** 24 - 1;

/** Class: what an outcome counts as. */
export const ABORTED = 1;
export const FAILED = 2;
export const UNCOUNTED = 3;

/** Episode: words 0 to 3 are the address of its source, which an ended one outlives. */
export const P_SOURCE = 5;
export const P_STATE = 6;
export const P_REVISION = 7;
/** Alerts raised and not yet taken: bits by alert type. */
export const P_PENDING = 8;
export const P_SEVERITY = 9;
export const P_CONFIRMED = 10;
/** Index of the rule that gave the severity, and how many services that asks for. */
export const P_RULE = 11;
export const P_THRESHOLD = 12;
export const P_END_REASON = 13;
/** 1 for a source that is a /64. */
export const P_PREFIX = 14;
/** The most aborted services that an alert has told of. */
export const P_TOLD = 15;
export const P_STARTED_TIME = 8;
export const P_FIRST_SEEN_TIME = 9;
export const P_LAST_SEEN_TIME = 10;
export const P_ALERTED_TIME = 11;
/** Since when the count is under the threshold; -1 while it is over. */
export const P_UNDER_TIME = 12;
export const P_ENDED_TIME = 13;
/** From when on time alone confirms it, unless it waits for a common beat. */
export const P_CONFIRM_TIME = 14;
/** How long that is, in milliseconds, plus 1; 0 before it was asked. */
export const P_WAIT = 30;
/** Its revision once the answer of H_TELLING has arrived. */
export const P_TELLING_REVISION = 31;

/** P_RULE: the rules of the model, and P_END_REASON: its reasons. */
export const BY_THRESHOLD = 0;
export const BY_CORROBORATION = 1;
export const BY_SLOWNESS = 2;
export const BY_BROKEN_CADENCE = 3;
export const END_QUIET = 0;
export const END_EVICTED = 1;
export const END_RECOGNISED = 2;

export const STATE_OPEN = 1;
export const STATE_ENDED = 2;

export const PENDING_START = 1;
export const PENDING_ONGOING = 2;
export const PENDING_END = 4;
/** Beside the others while an alert is being raised: who finds it raises the alert again. */
export const RAISING = 8;
/** And while they are told in the answer of H_TELLING. */
export const TELLING = 16;
