/**
 * A shard in memory, all of it 64-byte lines (one cache line each):
 *
 *     header 4 | sources | services | episodes, two lines each | buckets of sources | buckets of services
 *
 * A record is named by the number of its first line in the buffer, so 0 (the header) stands for none, and a zeroed
 * buffer with a header is an empty shard. The constants below are offsets from the start of the record: words are
 * 32-bit, halves 16-bit, times 64-bit floats of boot-clock milliseconds.
 */
export const MAGIC = 0x64534e43;
export const VERSION = 1;
export const LINE_BYTES = 64;
export const HEADER_LINES = 4;
export const EPISODE_LINES = 2;

/** Services kept of one source: above every threshold of a policy (≤ 1,024) a count says no more than "many". */
export const MAX_SERVICES_PER_SOURCE = 1024;

/** Header words. */
export const H_MAGIC = 0;
export const H_VERSION = 1;
export const H_SOURCES = 2;
export const H_SERVICES = 3;
export const H_EPISODES = 4;
export const H_KEY0 = 5;
export const H_KEY1 = 6;
/** 1 while an operation changes the tables; found set when a shard is opened, its worker died in the middle. */
export const H_IN_PROGRESS = 7;
export const H_DIRTY_FIRST = 8;
export const H_DIRTY_LAST = 9;
export const H_RANDOM = 10;
export const H_SWEEP = 11;
export const H_PENDING_ALERTS = 12;
/** Counts what enters a window; it wraps, and only differences count. */
export const H_TURN = 13;
/** Pools: the free list, the first line never used yet, records in use. */
export const H_SOURCE_POOL = 16;
export const H_ENTRY_POOL = 19;
export const H_EPISODE_POOL = 22;
export const POOL_FREE = 0;
export const POOL_FRESH = 1;
export const POOL_USED = 2;
/** Header times and counters (64-bit floats are exact up to 2^53). */
export const H_ADVANCED_MS = 16;
export const H_OBSERVED = 17;
export const H_SAME_ADDRESS = 18;
export const H_MALFORMED = 19;
export const H_LATE = 20;
export const H_EVICTED_SOURCES = 21;
export const H_EVICTED_SERVICES = 22;
export const H_SIGHTINGS_SHED = 23;
export const H_EPISODES_PUT_OFF = 24;
export const H_RECOVERIES = 25;

/** The chain of the hash table while a record lives, of the free list while it does not: the same word everywhere. */
export const CHAIN = 6;

/** Source: words 0 to 3 are its address. */
export const S_NEWEST = 4;
export const S_OLDEST = 5;
/** The oldest entry inside the window; those behind it only wait to be told. */
export const S_EDGE = 7;
export const S_ABORTED_HALF = 16;
export const S_FAILED_HALF = 17;
export const S_ENTRIES_HALF = 18;
/** Entries with something untold. */
export const S_DIRTY_HALF = 19;
export const S_DIRTY_NEXT = 10;
export const S_DIRTY_PREV = 11;
export const S_EPISODE = 12;
/** Aborted services that entered the window after the last alert of the open episode. */
export const S_NOVEL_HALF = 26;
export const S_LIVE_HALF = 27;
/** The latest time of an entry that lost its place while it counted. */
export const S_SHED_TIME = 7;

/** Entry (one service of a source, once per class): words 0 to 3 are the destination address. */
export const E_META = 4;
export const E_SOURCE = 5;
export const E_NEWER = 7;
export const E_OLDER = 8;
/** Connections since it entered the window, and since it was last told. */
export const E_CONNECTIONS = 9;
export const E_UNTOLD = 10;
/** How long before its last time each of these began, in ms; 2^31-1 is 24 days or more. */
export const E_STAY_MS = 11;
export const E_UNTOLD_MS = 12;
/** The turn at which it entered the window. */
export const E_ENTERED = 13;
export const E_LAST_TIME = 7;

/** E_META: port and class are part of the key of an entry. */
export const META_PORT = 0xffff;
export const META_CLASS_SHIFT = 16;
export const META_CLASS = 3;
export const META_KEY = 0x3ffff;
export const META_OUTCOME_SHIFT = 18;
export const META_OUTCOME = 7 << META_OUTCOME_SHIFT;
export const META_LIVE = 1 << 21;
export const META_IN_WINDOW = 1 << 22;

/** Class: what an outcome counts as. */
export const ABORTED = 1;
export const FAILED = 2;
export const UNCOUNTED = 3;

/** Episode: words 0 to 3 are the address of its source, which an ended one outlives. */
export const P_STATE = 4;
export const P_SOURCE = 5;
export const P_REVISION = 7;
/** Alerts raised and not yet taken: bits by alert type. */
export const P_PENDING = 8;
export const P_SEVERITY = 9;
export const P_CONFIRMED = 10;
/** 0 `threshold`, 1 `corroborated`: what gave the severity, and how many services that asks for. */
export const P_RULE = 11;
export const P_THRESHOLD = 12;
export const P_END_REASON = 13;
/** The turn of the last alert: what entered the window later is novel. */
export const P_ALERT_TURN = 14;
/** The most aborted services that an alert has told of. */
export const P_TOLD = 15;
export const P_STARTED_TIME = 8;
export const P_FIRST_SEEN_TIME = 9;
export const P_LAST_SEEN_TIME = 10;
export const P_ALERTED_TIME = 11;
/** Since when the count is under the threshold; -1 while it is over. */
export const P_UNDER_TIME = 12;
export const P_ENDED_TIME = 13;

export const STATE_OPEN = 1;
export const STATE_ENDED = 2;

export const PENDING_START = 1;
export const PENDING_ONGOING = 2;
export const PENDING_END = 4;
/** Beside the others while an alert is being raised: who finds it raises the alert again. */
export const RAISING = 8;
