/* SPDX-License-Identifier: Apache-2.0 */
/* As cadence.ts: services that are touched at a steady beat do not count, unless the beat stops while on probation. */
#ifndef DETECTOR_CADENCE_H
#define DETECTOR_CADENCE_H

#include "detector-window.h"

#define VISIT_MS 100
#define STEADY_BEATS 4
#define STEADY_WINDOWS 3
#define MISSED_BEATS 4
#define MANY 7
#define MAX_PERIOD_MS ((1 << 24) - 1)

static inline uint32_t beats_of(uint32_t cadence)
{
	return cadence & 7;
}

static inline uint32_t windows_of(uint32_t cadence)
{
	return cadence >> 3 & 7;
}

static inline int64_t period_of(uint32_t cadence)
{
	return cadence >> 6;
}

static inline bool has_beat(uint32_t cadence)
{
	return beats_of(cadence) >= STEADY_BEATS;
}

static inline bool is_steady(uint32_t cadence)
{
	return has_beat(cadence) || windows_of(cadence) >= STEADY_WINDOWS;
}

/* Within a quarter of the period, or 50 ms. */
static inline bool is_near(int64_t gap_ms, int64_t period_ms)
{
	return 4 * llabs(gap_ms - period_ms) <= max(period_ms, 200);
}

static inline uint32_t next_cadence(uint32_t cadence, int64_t gap_ms, int64_t at_ms)
{
	uint32_t windows = windows_of(cadence);

	if (gap_ms < VISIT_MS)
		return cadence;
	if (windows < MANY && at_ms / limits.window_ms != (at_ms - gap_ms) / limits.window_ms)
		windows++;
	if (beats_of(cadence) > 1 && is_near(gap_ms, period_of(cadence)))
		return (uint32_t)period_of(cadence) << 6 | windows << 3 | min(beats_of(cadence) + 1, MANY);
	return (uint32_t)min(gap_ms, MAX_PERIOD_MS) << 6 | windows << 3 | 2;
}

/* Until when the next beat of a habitual entry has to come. */
static inline int64_t broken_ms(const struct entry *entry, int64_t clock_ms)
{
	int64_t period = has_beat(entry->cadence) ? period_of(entry->cadence) : limits.window_ms;

	return clock_ms - age_of(entry, clock_ms) + MISSED_BEATS * period;
}

static inline int64_t graduated_ms(const struct entry *entry)
{
	return entry->first * INT64_C(1000) + limits.probation_ms;
}

/* A habit on probation may make its source due earlier. */
static void watch_habit(uint32_t number, const struct entry *entry, int64_t clock_ms)
{
	struct source *source = &shard.sources[number];

	source->due_ms = min(source->due_ms, min(broken_ms(entry, clock_ms) + 1, graduated_ms(entry)));
	watch_source(number);
}

static void make_habitual(uint32_t number, struct entry *entry, int64_t at_ms)
{
	struct source *source = &shard.sources[number];
	uint32_t meta = entry->meta;

	if (source->habitual >= MAX_HABITUAL)
		return;
	if (meta & META_IN_WINDOW)
		count(source, meta, -1);
	if (meta & META_IN_SLOW)
		source->slow--;
	entry->meta = (meta & ~(META_IN_SLOW | META_NOVEL | META_BROKEN)) | META_HABITUAL |
		      (limits.probation_ms > 0 ? META_PROBATION : 0);
	entry->first = at_ms / 1000;
	source->habitual++;
	if (limits.probation_ms > 0)
		watch_habit(number, entry, at_ms);
}

static void lose_habit(struct source *source, struct entry *entry, int64_t clock_ms)
{
	uint32_t meta = (entry->meta & ~(META_HABITUAL | META_PROBATION)) | META_BROKEN;
	bool counts = meta & META_IN_WINDOW && class_of(meta) == ABORTED;

	if (counts)
		meta |= META_NOVEL;
	entry->first = entry->last;
	entry->cadence = 1;
	entry->connections = 1;
	entry->meta = meta;
	source->habitual--;
	if (meta & META_IN_WINDOW)
		count(source, meta, 1);
	if (source->episode && counts) {
		struct episode *episode = &shard.episodes[source->episode];

		episode->last_seen_ms = max(episode->last_seen_ms, clock_ms - age_of(entry, clock_ms));
	}
}

/* Returns when to look again. */
static int64_t check_probation(struct source *source, int64_t clock_ms)
{
	uint32_t slot = source->newest;
	int64_t due_ms = NEVER;

	for (uint32_t left = source->entries; left; left--) {
		struct entry *entry = entry_at(source, slot);
		int64_t broken, graduated;

		slot = entry->older;
		if (!(entry->meta & META_PROBATION))
			continue;
		broken = broken_ms(entry, clock_ms);
		graduated = graduated_ms(entry);
		if (broken < clock_ms && broken < graduated)
			lose_habit(source, entry, clock_ms);
		else if (graduated <= clock_ms)
			entry->meta &= ~META_PROBATION;
		else
			due_ms = min(due_ms, min(broken + 1, graduated));
	}
	return due_ms;
}

#endif
