/* SPDX-License-Identifier: Apache-2.0 */
/* As window.ts: the entries of a source in a ring by their latest times, of which the newer part is the window. */
#ifndef DETECTOR_WINDOW_H
#define DETECTOR_WINDOW_H

#include "detector-sources.h"

static inline uint32_t age_of(const struct entry *entry, int64_t clock_ms)
{
	return (uint32_t)clock_ms - entry->last;
}

static inline enum class class_of(uint32_t meta)
{
	return meta >> META_CLASS_SHIFT & 3;
}

static inline bool is_corroborated(uint32_t aborted, uint32_t failed)
{
	return aborted >= limits.corroborated_aborted && failed >= limits.corroborated_failed;
}

static inline bool is_over(uint32_t aborted, uint32_t failed, uint32_t slow)
{
	return aborted >= limits.low || slow >= limits.slow || is_corroborated(aborted, failed);
}

static inline bool is_source_over(const struct source *source)
{
	return is_over(source->aborted, source->failed, source->slow);
}

static inline void count(struct source *source, uint32_t meta, int by)
{
	if (meta & META_HABITUAL)
		return;
	if (class_of(meta) == FAILED)
		source->failed += by;
	if (class_of(meta) != ABORTED)
		return;
	source->aborted += by;
	if (meta & META_NOVEL)
		source->novel += by;
	if (meta & META_BROKEN)
		source->broken += by;
}

static void link_slot(struct source *source, uint32_t slot)
{
	struct entry *entry = entry_at(source, slot);
	uint32_t newest = source->newest, older = newest, before, newer;

	if (!newest) {
		entry->newer = entry->older = slot;
		source->newest = source->edge = slot;
		return;
	}
	while ((int32_t)(entry_at(source, older)->last - entry->last) > 0) {
		older = entry_at(source, older)->older;
		if (older == newest) {
			older = 0;
			break;
		}
	}
	before = older ? older : newest;
	newer = entry_at(source, before)->newer;
	entry->older = before;
	entry->newer = newer;
	entry_at(source, before)->newer = slot;
	entry_at(source, newer)->older = slot;
	if (older == newest) {
		source->newest = slot;
		if (!source->edge)
			source->edge = slot;
	} else if (source->edge == newer) {
		source->edge = slot;
	}
}

static void unlink_slot(struct source *source, uint32_t slot)
{
	const struct entry *entry = entry_at(source, slot);

	if (source->edge == slot)
		source->edge = slot == source->newest ? 0 : entry->newer;
	if (entry->newer == slot) {
		source->newest = 0;
		return;
	}
	entry_at(source, entry->newer)->older = entry->older;
	entry_at(source, entry->older)->newer = entry->newer;
	if (source->newest == slot)
		source->newest = entry->older;
}

/* The oldest entry becomes the newest: the ring only turns. */
static inline void turn(struct source *source, uint32_t slot)
{
	if (source->edge == slot)
		source->edge = entry_at(source, slot)->newer;
	else if (!source->edge)
		source->edge = slot;
	source->newest = slot;
}

static inline uint32_t oldest_of(const struct source *source)
{
	return entry_at(source, source->newest)->newer;
}

static void enter(struct source *source, struct entry *entry)
{
	uint32_t meta = (entry->meta & ~(META_BROKEN | META_EXPIRED)) | META_IN_WINDOW;

	entry->connections = 0;
	if (!(meta & META_HABITUAL)) {
		entry->first = entry->last;
		if (class_of(meta) == ABORTED) {
			meta |= META_NOVEL;
			if (!(meta & META_IN_SLOW)) {
				meta |= META_IN_SLOW;
				source->slow++;
			}
		}
	}
	entry->meta = meta;
	count(source, meta, 1);
}

/* The episode begins to end when the count falls under the limits because an entry leaves. */
static void note_fall(const struct source *source, uint32_t meta, int64_t ms, bool of_slow)
{
	struct episode *episode = &shard.episodes[source->episode];
	uint32_t aborted = source->aborted, failed = source->failed;

	if (!source->episode || episode->under_ms >= 0 || meta & META_HABITUAL)
		return;
	if (of_slow) {
		if (!is_over(aborted, failed, source->slow - 1))
			episode->under_ms = max(ms, shard.fell_ms);
		return;
	}
	if (is_over(aborted - (class_of(meta) == ABORTED), failed - (class_of(meta) == FAILED), 0))
		return;
	if (is_over(aborted, failed, 0))
		shard.fell_ms = ms;
	if (source->slow < limits.slow)
		episode->under_ms = max(ms, shard.fell_ms);
}

static void forget(struct source *source, uint32_t slot)
{
	unlink_slot(source, slot);
	remove_slot(source, slot);
}

/* An entry has been kept as long as its kind is; what is untold of it waits. */
static void expire(struct source *source, uint32_t slot, int64_t gone_ms)
{
	struct entry *entry = entry_at(source, slot);

	if (entry->meta & META_IN_SLOW) {
		note_fall(source, entry->meta, gone_ms, true);
		source->slow--;
	}
	if (entry->meta & META_HABITUAL) {
		entry->first = entry->last;
		source->habitual--;
	}
	entry->meta = (entry->meta & ~(META_IN_SLOW | META_HABITUAL | META_PROBATION | META_BROKEN)) | META_EXPIRED;
	entry->cadence = 0;
	if (!entry->untold)
		forget(source, slot);
}

static void leave(struct source *source, uint32_t slot, int64_t left_ms)
{
	struct entry *entry = entry_at(source, slot);
	uint32_t meta = entry->meta;

	note_fall(source, meta, left_ms, false);
	entry->meta = meta & ~(META_IN_WINDOW | META_NOVEL);
	count(source, meta, -1);
	source->edge = slot == source->newest ? 0 : entry->newer;
	if (class_of(meta) != ABORTED && !(meta & META_HABITUAL))
		expire(source, slot, left_ms);
}

/* Moves the window of a source up to `clock_ms`, and frees what is kept no longer. */
static void slide(uint32_t number, int64_t clock_ms)
{
	struct source *source = &shard.sources[number];
	int64_t due_ms = NEVER;
	uint32_t slot, left = source->entries;

	shard.fell_ms = INT64_MIN;
	while (source->edge) {
		int64_t left_ms = clock_ms - age_of(entry_at(source, source->edge), clock_ms) + limits.window_ms;

		if (left_ms > clock_ms) {
			due_ms = left_ms;
			break;
		}
		leave(source, source->edge, left_ms);
	}
	left = source->entries;
	slot = left ? oldest_of(source) : 0;
	for (; left; left--) {
		const struct entry *entry = entry_at(source, slot);
		uint32_t meta = entry->meta, current = slot;
		int64_t gone_ms;

		if (meta & META_IN_WINDOW)
			break;
		slot = entry->newer;
		gone_ms = clock_ms - age_of(entry, clock_ms) +
			  (meta & META_HABITUAL ? limits.forget_ms : limits.slow_ms);
		if (meta & META_EXPIRED)
			continue;
		if (gone_ms <= clock_ms) {
			expire(source, current, gone_ms);
			continue;
		}
		due_ms = min(due_ms, gone_ms);
		/* Behind it are only younger ones. */
		if (!(meta & META_HABITUAL))
			break;
	}
	source->due_ms = due_ms;
	if (source->entries && source->entries * 4u <= capacity_of(source) && capacity_of(source) > FEW_SLOTS)
		move_block(number, (source->block & 15) - 1);
}

static bool has_entry_with(const struct source *source, uint32_t marks)
{
	uint32_t slot = source->newest;

	for (uint32_t left = source->entries; left; left--) {
		if (entry_at(source, slot)->meta & marks)
			return true;
		slot = entry_at(source, slot)->older;
	}
	return false;
}

#endif
