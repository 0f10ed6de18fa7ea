/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the detector's limit: those of packages/detector/src/layout.ts, of IPv4 and without what a worker's death
 * would need. Sources, episodes and lines of the arena are numbered from 1, slots of a block too; 0 is none. Times are
 * milliseconds of the boot clock.
 */
#ifndef DETECTOR_TABLES_H
#define DETECTOR_TABLES_H

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NEVER INT64_MAX
#define MAX_SERVICES 1024
#define MAX_HABITUAL 512
#define MAX_ORDER 10
#define FEW_SLOTS 8
#define WATCH_SLOTS 256

enum class { ABORTED = 1, FAILED = 2, UNCOUNTED = 3 };

enum source_flag { SOURCE_LIVE = 1, SOURCE_WATCHED = 8 };

enum meta {
	META_CLASS_SHIFT = 16,
	META_LIVE = 1 << 18,
	META_KEY = 0x7ffff,
	META_OUTCOME_SHIFT = 19,
	META_OUTCOME = 7 << META_OUTCOME_SHIFT,
	META_IN_WINDOW = 1 << 22,
	META_IN_SLOW = 1 << 23,
	META_HABITUAL = 1 << 24,
	META_PROBATION = 1 << 25,
	META_BROKEN = 1 << 27,
	META_NOVEL = 1 << 28,
	META_EXPIRED = 1 << 29,
};

struct source {
	uint32_t address[4];
	uint32_t next; /* in the chain of its bucket, or among the free ones */
	uint32_t block; /* first line, times 16, plus the order */
	int64_t clock_ms;
	uint16_t newest, edge;
	uint16_t aborted, failed, slow, entries, dirty, novel;
	int64_t due_ms;
	uint32_t episode;
	uint16_t flags, free;
	uint32_t dirty_next, dirty_prev;
	uint32_t watch_next;
	int32_t watch_prev; /* -1 - slot for the first of a list */
	uint16_t habitual, broken;
	uint32_t unused;
	int64_t episode_started_ms; /* of the last one */
	uint32_t unused_too[8];
};

struct entry {
	uint32_t address;
	uint32_t meta;
	uint32_t last;
	uint16_t connections, untold;
	uint32_t first;
	uint32_t cadence;
	uint16_t newer, older;
	uint16_t head, chain;
};

enum state { STATE_FREE, STATE_OPEN, STATE_ENDED };
enum pending { PENDING_START = 1, PENDING_ONGOING = 2, PENDING_END = 4 };
enum rule { BY_THRESHOLD, BY_CORROBORATION, BY_SLOWNESS, BY_BROKEN_CADENCE };
enum end_reason { END_QUIET, END_RECOGNISED_CADENCE };

struct episode {
	uint32_t address[4];
	uint32_t next;
	uint32_t source;
	uint32_t state, revision, pending, severity, confirmed, rule, threshold, end_reason, wait, told;
	int64_t started_ms, first_seen_ms, last_seen_ms, alerted_ms, under_ms, ended_ms, confirm_ms;
	uint32_t unused[2];
};

union line {
	struct entry entries[2];
	struct {
		uint32_t next, previous;
	} free;
};

_Static_assert(sizeof(struct source) == 128, "two cache lines");
_Static_assert(sizeof(struct episode) == 128, "two cache lines");
_Static_assert(sizeof(struct entry) == 32, "half a cache line");

/* The policy, in the order in which it is read. */
static struct {
	int64_t window_ms, update_ms, confirm_ms, warm_up_ms;
	uint32_t low, medium, high, corroborated_aborted, corroborated_failed, slow;
	int64_t slow_ms, probation_ms, forget_ms;
	int64_t change_ms;
} limits;

static struct {
	uint32_t key0, key1;
	struct source *sources;
	struct episode *episodes;
	union line *arena;
	int32_t *owners;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t max_sources, max_episodes, arena_lines;
	uint32_t free_source, fresh_source, used_sources;
	uint32_t free_episode, fresh_episode, used_episodes;
	uint32_t services;
	uint32_t free_blocks[MAX_ORDER + 1];
	uint32_t watch[WATCH_SLOTS];
	int64_t watch_second;
	uint32_t dirty_first, dirty_last;
	uint32_t sweep;
	uint32_t pending_alerts;
	int64_t advanced_ms, started_ms, fell_ms;
	uint64_t observed, late;
} shard;

static inline int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
