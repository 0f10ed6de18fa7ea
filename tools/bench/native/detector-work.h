/* SPDX-License-Identifier: Apache-2.0 */
/* As observe.ts, advance.ts, take-alerts.ts and take-sightings.ts; what would be text is only counted. */
#ifndef DETECTOR_WORK_H
#define DETECTOR_WORK_H

#include "connscan.h"
#include "detector-episodes.h"

/* What was taken: equal to the detector's, or one of the two did another job. */
static struct {
	uint64_t alerts, aborted, failed, habitual, severity, confirmed, rules;
	uint64_t sightings, connections;
} taken;

static inline void move_clock(uint32_t number, int64_t clock_ms)
{
	struct source *source = &shard.sources[number];

	if (clock_ms >= source->due_ms) {
		slide(number, clock_ms);
		if (source->flags & SOURCE_WATCHED) {
			int64_t probation_ms = check_probation(source, clock_ms);

			slide(number, clock_ms);
			source->due_ms = min(source->due_ms, probation_ms);
		}
	}
	end_if_quiet(source, clock_ms);
	source->clock_ms = clock_ms;
}

/* Brings a source up to its clock; true if nothing was left of it. */
static bool settle(uint32_t number)
{
	const struct source *source = &shard.sources[number];

	move_clock(number, clock_of(source));
	if (source->entries || source->episode)
		return false;
	remove_source(number);
	return true;
}

static inline enum class class_of_outcome(uint32_t outcome)
{
	switch (outcome) {
	case OUTCOME_RESET:
	case OUTCOME_EMPTY_CLOSE:
		return ABORTED;
	case OUTCOME_REFUSED:
	case OUTCOME_UNANSWERED:
		return FAILED;
	case OUTCOME_RESPONDER_RESET:
		return UNCOUNTED;
	}
	errx(1, "a malformed record");
}

static void merge(uint32_t number, uint32_t slot, uint32_t outcome, int64_t clock_ms, int64_t at_ms)
{
	struct source *source = &shard.sources[number];
	struct entry *entry = entry_at(source, slot);
	int64_t last_ms = clock_ms - age_of(entry, clock_ms);
	bool entering = !(entry->meta & META_IN_WINDOW), had_beat = has_beat(entry->cadence);

	if (at_ms <= last_ms && !entering)
		return;
	if (at_ms > last_ms) {
		entry->meta = (entry->meta & ~META_OUTCOME) | outcome << META_OUTCOME_SHIFT;
		entry->cadence = next_cadence(entry->cadence, at_ms - last_ms, at_ms);
	}
	if (slot == source->newest && !entering) {
		entry->last = at_ms;
	} else {
		const struct entry *newest = entry_at(source, source->newest);

		if (slot == newest->newer && (int32_t)(newest->last - (uint32_t)at_ms) <= 0) {
			entry->last = at_ms;
			turn(source, slot);
		} else {
			unlink_slot(source, slot);
			entry->last = at_ms;
			link_slot(source, slot);
		}
	}
	if (!had_beat && has_beat(entry->cadence) && entry->meta & META_PROBATION)
		watch_habit(number, entry, clock_ms);
	if (!entering)
		return;
	if (entry->meta & META_EXPIRED)
		entry->cadence = 1;
	enter(source, entry);
	source->due_ms = min(source->due_ms, at_ms + limits.window_ms);
}

static inline void touch(uint32_t number, struct entry *entry, uint32_t outcome, int64_t clock_ms, int64_t at_ms)
{
	uint32_t told = outcome << META_OUTCOME_SHIFT;

	if (entry->last == (uint32_t)at_ms && told > (entry->meta & META_OUTCOME))
		entry->meta = (entry->meta & ~META_OUTCOME) | told;
	if (entry->connections < UINT16_MAX)
		entry->connections++;
	if (!(entry->meta & META_HABITUAL) && clock_ms - at_ms > (uint32_t)clock_ms - entry->first)
		entry->first = at_ms;
	if (!entry->untold && ++shard.sources[number].dirty == 1)
		queue_source(number);
	if (entry->untold < UINT16_MAX)
		entry->untold++;
}

/* One record into the tables. */
static void observe(const struct connscan_record *record)
{
	int64_t at_ms = record->ended_ns / 1000000;
	uint32_t outcome = record->outcome, port = record->remote_port;
	enum class class = class_of_outcome(outcome);
	uint32_t key = port | class << META_CLASS_SHIFT, number, slot;
	struct source *source;
	struct entry *entry;
	int64_t clock_ms;

	shard.observed++;
	if (!port || record->local.words[2] != 0xffff0000 || record->local.words[1] || record->local.words[0] ||
	    memcmp(record->local.words, record->remote.words, 12) || record->local.words[3] == record->remote.words[3])
		errx(1, "a malformed record");
	number = find_source(record->local.words);
	clock_ms = max(max(at_ms, shard.advanced_ms), number ? shard.sources[number].clock_ms : 0);
	if (at_ms <= clock_ms - limits.window_ms) {
		shard.late++;
		return;
	}
	if (number) {
		move_clock(number, clock_ms);
	} else {
		number = add_source(record->local.words);
		shard.sources[number].clock_ms = clock_ms;
	}
	source = &shard.sources[number];
	slot = source->block ? find_slot(source, record->remote.words[3], key) : 0;
	if (slot) {
		entry = entry_at(source, slot);
		merge(number, slot, outcome, clock_ms, at_ms);
	} else {
		if (source->entries >= MAX_SERVICES)
			errx(1, "a source has too many services");
		if (!source->free)
			move_block(number, source->block ? (source->block & 15) + 1 : 0);
		slot = add_slot(source, record->remote.words[3], key | outcome << META_OUTCOME_SHIFT);
		entry = entry_at(source, slot);
		entry->last = at_ms;
		entry->cadence = 1;
		link_slot(source, slot);
		enter(source, entry);
		source->due_ms = min(source->due_ms, at_ms + limits.window_ms);
	}
	touch(number, entry, outcome, clock_ms, at_ms);
	if (class != UNCOUNTED) {
		if (!(entry->meta & META_HABITUAL) && is_steady(entry->cadence))
			make_habitual(number, entry, at_ms);
		if (entry->meta & META_HABITUAL)
			end_if_recognised(source, clock_ms);
	}
	if (source->episode && class == ABORTED && !(entry->meta & META_HABITUAL)) {
		struct episode *episode = &shard.episodes[source->episode];

		episode->last_seen_ms = max(episode->last_seen_ms, at_ms);
	}
	if (source->episode || is_source_over(source))
		judge(number, clock_ms, at_ms);
}

static bool visit_watched(uint32_t number)
{
	const struct source *source = &shard.sources[number];
	int64_t clock_ms;

	if (settle(number))
		return false;
	clock_ms = clock_of(source);
	if (!source->episode && is_source_over(source))
		judge(number, clock_ms, clock_ms);
	return has_entry_with(source, META_PROBATION);
}

static void judge_habits(void)
{
	int64_t until = shard.advanced_ms / 1000;

	for (int64_t second = max(shard.watch_second, until - WATCH_SLOTS + 1); second <= until; second++) {
		shard.watch_second = second;
		for (uint32_t number = shard.watch[second % WATCH_SLOTS], next; number; number = next) {
			struct source *source = &shard.sources[number];
			bool is_watched = second < until;

			next = source->watch_next;
			if (source->due_ms <= shard.advanced_ms) {
				is_watched = visit_watched(number);
				if (!is_watched)
					unwatch_source(source);
			}
			if (is_watched)
				watch_source(number);
		}
	}
}

static void sweep(int64_t elapsed_ms)
{
	uint64_t sources = shard.fresh_source - 1;
	uint64_t due = (sources * elapsed_ms + limits.window_ms - 1) / limits.window_ms;

	for (uint64_t left = due < sources ? due : sources; left; left--) {
		uint32_t number = shard.sweep;

		if (shard.sources[number].flags & SOURCE_LIVE)
			settle(number);
		shard.sweep = number + 1 < shard.fresh_source ? number + 1 : 1;
	}
}

static void advance(int64_t now_ms)
{
	int64_t elapsed_ms = now_ms - shard.advanced_ms;

	if (elapsed_ms < 0)
		return;
	shard.advanced_ms = now_ms;
	for (uint32_t number = 1; number < shard.fresh_episode; number++) {
		uint32_t source = shard.episodes[number].source;
		int64_t clock_ms;

		if (shard.episodes[number].state != STATE_OPEN || settle(source))
			continue;
		if (!shard.sources[source].episode && !is_source_over(&shard.sources[source]))
			continue;
		clock_ms = clock_of(&shard.sources[source]);
		judge(source, clock_ms, clock_ms);
	}
	judge_habits();
	sweep(elapsed_ms);
}

static void take_alert(struct episode *episode)
{
	uint32_t number = find_source(episode->address);
	const struct source *source = &shard.sources[number];
	uint32_t slot;

	episode->revision++;
	taken.alerts++;
	taken.severity += episode->severity;
	taken.confirmed += episode->confirmed;
	taken.rules += episode->rule;
	if (!number)
		return;
	move_clock(number, clock_of(source));
	slot = source->newest;
	for (uint32_t left = source->entries; left; left--) {
		uint32_t meta = entry_at(source, slot)->meta;

		if (!(meta & META_IN_WINDOW))
			break;
		if (meta & META_HABITUAL)
			taken.habitual++;
		else if (class_of(meta) == ABORTED)
			taken.aborted++;
		else if (class_of(meta) == FAILED)
			taken.failed++;
		slot = entry_at(source, slot)->older;
	}
}

static void take_alerts(void)
{
	for (uint32_t number = 1, end = shard.fresh_episode; number < end && shard.pending_alerts; number++) {
		struct episode *episode = &shard.episodes[number];

		if (!episode->pending)
			continue;
		if (episode->pending & (PENDING_START | PENDING_ONGOING))
			take_alert(episode);
		if (episode->pending & PENDING_END)
			take_alert(episode);
		episode->pending = 0;
		shard.pending_alerts--;
		if (episode->state != STATE_ENDED)
			continue;
		episode->state = STATE_FREE;
		episode->next = shard.free_episode;
		shard.free_episode = number;
		shard.used_episodes--;
	}
}

static void take_sightings(void)
{
	while (shard.dirty_first) {
		uint32_t number = shard.dirty_first;
		struct source *source = &shard.sources[number];

		for (uint32_t slot = source->newest; source->dirty;) {
			struct entry *entry = entry_at(source, slot);
			uint32_t current = slot;

			slot = entry->older;
			if (!entry->untold)
				continue;
			taken.sightings++;
			taken.connections += entry->untold;
			entry->untold = 0;
			source->dirty--;
			if (entry->meta & META_EXPIRED)
				forget(source, current);
		}
		unqueue_source(source);
		settle(number);
	}
}

#endif
