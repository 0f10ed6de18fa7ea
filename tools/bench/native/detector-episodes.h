/* SPDX-License-Identifier: Apache-2.0 */
/* As episode.ts: a source over its limits has an episode, and that raises alerts. */
#ifndef DETECTOR_EPISODES_H
#define DETECTOR_EPISODES_H

#include "detector-cadence.h"

#define MEDIUM 2
#define WAIT_BEATS 4
#define WAIT_MS 300000

static uint32_t reached_by(uint32_t aborted)
{
	return (aborted >= limits.low) + (aborted >= limits.medium) + (aborted >= limits.high);
}

/* The aborted entries that the window counts, the newest first: 0 behind the last one. */
static uint32_t next_aborted(const struct source *source, uint32_t *slot, uint32_t *left)
{
	while (*left) {
		uint32_t current = *slot, meta = entry_at(source, current)->meta;

		if (!(meta & META_IN_WINDOW))
			return 0;
		*slot = entry_at(source, current)->older;
		(*left)--;
		if (class_of(meta) == ABORTED && !(meta & META_HABITUAL))
			return current;
	}
	return 0;
}

#define each_aborted(source, current)                                                           \
	for (uint32_t slot_ = (source)->newest, left_ = (source)->entries,                      \
		      current = next_aborted(source, &slot_, &left_);                           \
	     current; current = next_aborted(source, &slot_, &left_))

/* What is over the limits at present. */
struct verdict {
	uint32_t severity;
	bool corroborated, broken_only;
};

static void grade(const struct source *source, struct episode *episode, struct verdict verdict)
{
	const uint32_t thresholds[] = { limits.low, limits.medium, limits.high };

	if (verdict.broken_only) {
		episode->rule = BY_BROKEN_CADENCE;
		episode->threshold = limits.low;
	} else if (reached_by(source->aborted) == verdict.severity) {
		episode->rule = BY_THRESHOLD;
		episode->threshold = thresholds[verdict.severity - 1];
	} else {
		episode->rule = verdict.corroborated ? BY_CORROBORATION : BY_SLOWNESS;
		episode->threshold = verdict.corroborated ? limits.corroborated_aborted : limits.slow;
	}
}

static int compare_periods(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How long to wait for a common beat, 0 if most services show none. */
static int64_t wait_ms(const struct source *source)
{
	int64_t periods[MAX_SERVICES], median;
	uint32_t seen_again = 0, aborted = 0, common = 0;

	each_aborted(source, slot) {
		uint32_t cadence = entry_at(source, slot)->cadence;

		aborted++;
		if (beats_of(cadence) >= 2)
			periods[seen_again++] = period_of(cadence);
	}
	if (!seen_again)
		return 0;
	qsort(periods, seen_again, sizeof(*periods), compare_periods);
	median = periods[(seen_again - 1) / 2];
	for (uint32_t i = 0; i < seen_again; i++)
		common += is_near(periods[i], median);
	return common * 2 > aborted ? min(WAIT_BEATS * median, WAIT_MS) : 0;
}

static bool is_confirmed(const struct source *source, struct episode *episode, bool corroborated, int64_t clock_ms)
{
	if (corroborated)
		return true;
	if (episode->rule == BY_BROKEN_CADENCE || clock_ms < shard.started_ms + limits.warm_up_ms)
		return false;
	if (clock_ms < episode->confirm_ms)
		return false;
	if (!episode->wait)
		episode->wait = 1 + wait_ms(source);
	return clock_ms >= episode->confirm_ms + episode->wait - 1;
}

static bool is_due(const struct source *source, const struct episode *episode, bool corroborated, int64_t since_alert_ms)
{
	uint32_t aborted = source->aborted;

	if (aborted < limits.low && !corroborated)
		return since_alert_ms >= limits.update_ms && source->novel;
	if (since_alert_ms >= limits.update_ms || aborted >= 2 * episode->told)
		return true;
	return since_alert_ms >= limits.change_ms && source->novel * 2u >= aborted;
}

static void raise(struct episode *episode, enum pending pending)
{
	if (!episode->pending)
		shard.pending_alerts++;
	episode->pending |= pending;
}

static void finish_alert(struct source *source, struct episode *episode, int64_t clock_ms)
{
	episode->alerted_ms = clock_ms;
	episode->told = max(episode->told, source->aborted);
	each_aborted(source, slot)
		entry_at(source, slot)->meta &= ~META_NOVEL;
	source->novel = 0;
}

static void start_episode(uint32_t number, struct verdict verdict, int64_t clock_ms, int64_t at_ms)
{
	struct source *source = &shard.sources[number];
	int64_t started_ms = max(at_ms, source->episode_started_ms + 1);
	uint32_t taken = shard.free_episode;
	struct episode *episode;

	if (taken)
		shard.free_episode = shard.episodes[taken].next;
	else if (shard.fresh_episode <= shard.max_episodes)
		taken = shard.fresh_episode++;
	else
		errx(1, "every episode is taken");
	shard.used_episodes++;
	episode = &shard.episodes[taken];
	memset(episode, 0, sizeof(*episode));
	memcpy(episode->address, source->address, 16);
	episode->source = number;
	source->episode_started_ms = episode->started_ms = episode->first_seen_ms = started_ms;
	episode->confirm_ms = started_ms + limits.confirm_ms;
	each_aborted(source, slot) {
		int64_t ms = clock_ms - age_of(entry_at(source, slot), clock_ms);

		episode->first_seen_ms = min(episode->first_seen_ms, ms);
		episode->last_seen_ms = max(episode->last_seen_ms, ms);
	}
	if (!episode->last_seen_ms)
		episode->last_seen_ms = episode->first_seen_ms;
	episode->under_ms = -1;
	episode->severity = verdict.severity;
	grade(source, episode, verdict);
	episode->confirmed = is_confirmed(source, episode, verdict.corroborated, clock_ms);
	episode->state = STATE_OPEN;
	source->episode = taken;
	raise(episode, PENDING_START);
	finish_alert(source, episode, clock_ms);
}

static void go_on(struct source *source, struct verdict verdict, int64_t clock_ms)
{
	struct episode *episode = &shard.episodes[source->episode];
	bool rose = verdict.severity > episode->severity, confirms, due;

	if (verdict.severity)
		episode->under_ms = -1;
	else if (episode->under_ms < 0)
		episode->under_ms = clock_ms;
	if (verdict.broken_only && !episode->confirmed) {
		grade(source, episode, verdict);
	} else if (verdict.severity && episode->rule == BY_BROKEN_CADENCE) {
		episode->confirm_ms = clock_ms + limits.confirm_ms;
		episode->wait = 0;
		verdict.broken_only = false;
		grade(source, episode, verdict);
	}
	confirms = !episode->confirmed && is_confirmed(source, episode, verdict.corroborated, clock_ms);
	due = verdict.severity && is_due(source, episode, verdict.corroborated, clock_ms - episode->alerted_ms);
	if (!rose && !due && !confirms)
		return;
	raise(episode, PENDING_ONGOING);
	if (rose) {
		verdict.broken_only = false;
		if (episode->rule != BY_BROKEN_CADENCE)
			grade(source, episode, verdict);
		episode->severity = verdict.severity;
	}
	if (confirms)
		episode->confirmed = 1;
	finish_alert(source, episode, clock_ms);
}

static void judge(uint32_t number, int64_t clock_ms, int64_t at_ms)
{
	struct source *source = &shard.sources[number];
	uint32_t aborted = source->aborted, low = limits.low;
	bool corroborated = is_corroborated(aborted, source->failed);
	struct verdict verdict = {
		.severity = max(max(reached_by(aborted), corroborated ? MEDIUM : 0), source->slow >= limits.slow),
		.corroborated = corroborated,
		.broken_only = !corroborated && aborted >= low && aborted - source->broken < low,
	};

	if (source->episode)
		go_on(source, verdict, clock_ms);
	else if (verdict.severity)
		start_episode(number, verdict, clock_ms, at_ms);
}

static void end_episode(struct source *source, enum end_reason reason, int64_t ended_ms)
{
	struct episode *episode = &shard.episodes[source->episode];

	episode->end_reason = reason;
	episode->ended_ms = ended_ms;
	raise(episode, PENDING_END);
	episode->state = STATE_ENDED;
	source->episode = 0;
}

static inline void end_if_quiet(struct source *source, int64_t clock_ms)
{
	const struct episode *episode = &shard.episodes[source->episode];

	if (source->episode && episode->under_ms >= 0 && episode->under_ms + limits.window_ms <= clock_ms)
		end_episode(source, END_QUIET, episode->under_ms + limits.window_ms);
}

static inline void end_if_recognised(struct source *source, int64_t clock_ms)
{
	if (source->episode && shard.episodes[source->episode].under_ms < 0 && !is_source_over(source))
		end_episode(source, END_RECOGNISED_CADENCE, clock_ms);
}

#endif
