/* SPDX-License-Identifier: Apache-2.0 */
/* As source-table.ts, hsiphash.ts and watch.ts: sources by their address, the queue of those with something untold, the wheel. */
#ifndef DETECTOR_SOURCES_H
#define DETECTOR_SOURCES_H

#include "detector-blocks.h"

static inline uint32_t rotate(uint32_t value, int by)
{
	return value << by | value >> (32 - by);
}

/* HalfSipHash-1-3 over the address and a word of zero. */
static inline uint32_t source_bucket(uint32_t address)
{
	const uint32_t words[] = { address, 0, 2 << 26, 0, 0, 0 };
	uint32_t v0 = shard.key0, v1 = shard.key1;
	uint32_t v2 = v0 ^ 0x6c796765, v3 = v1 ^ 0x74656462;

	for (int round = 0; round < 6; round++) {
		if (round == 3)
			v2 ^= 0xff;
		v3 ^= words[round];
		v0 += v1;
		v1 = rotate(v1, 5) ^ v0;
		v0 = rotate(v0, 16);
		v2 += v3;
		v3 = rotate(v3, 8) ^ v2;
		v0 += v3;
		v3 = rotate(v3, 7) ^ v0;
		v2 += v1;
		v1 = rotate(v1, 13) ^ v2;
		v2 = rotate(v2, 16);
		v0 ^= words[round];
	}
	return (v1 ^ v3) & shard.bucket_mask;
}

static inline uint32_t find_source(const uint32_t address[4])
{
	uint32_t number = shard.buckets[source_bucket(address[3])];

	while (number && memcmp(shard.sources[number].address, address, 16))
		number = shard.sources[number].next;
	return number;
}

static uint32_t add_source(const uint32_t address[4])
{
	uint32_t number = shard.free_source, *bucket = &shard.buckets[source_bucket(address[3])];
	struct source *source;

	if (number)
		shard.free_source = shard.sources[number].next;
	else if (shard.fresh_source <= shard.max_sources)
		number = shard.fresh_source++;
	else
		errx(1, "the table of sources is full");
	shard.used_sources++;
	source = &shard.sources[number];
	memset(source, 0, sizeof(*source));
	memcpy(source->address, address, 16);
	source->clock_ms = shard.advanced_ms;
	source->due_ms = NEVER;
	source->episode_started_ms = -1;
	source->flags = SOURCE_LIVE;
	source->next = *bucket;
	*bucket = number;
	return number;
}

static void unwatch_source(struct source *source)
{
	if (!(source->flags & SOURCE_WATCHED))
		return;
	source->flags &= ~SOURCE_WATCHED;
	if (source->watch_prev < 0)
		shard.watch[-1 - source->watch_prev] = source->watch_next;
	else
		shard.sources[source->watch_prev].watch_next = source->watch_next;
	if (source->watch_next)
		shard.sources[source->watch_next].watch_prev = source->watch_prev;
}

/* Also one that is watched already, and due at another time now. */
static void watch_source(uint32_t number)
{
	struct source *source = &shard.sources[number];
	int64_t now = shard.watch_second;
	uint32_t slot = min(max(source->due_ms / 1000, now), now + WATCH_SLOTS - 1) % WATCH_SLOTS;
	uint32_t first;

	unwatch_source(source);
	first = shard.watch[slot];
	source->flags |= SOURCE_WATCHED;
	source->watch_next = first;
	source->watch_prev = -1 - (int32_t)slot;
	if (first)
		shard.sources[first].watch_prev = number;
	shard.watch[slot] = number;
}

static void remove_source(uint32_t number)
{
	struct source *source = &shard.sources[number];
	uint32_t *link = &shard.buckets[source_bucket(source->address[3])];

	unwatch_source(source);
	while (*link != number)
		link = &shard.sources[*link].next;
	*link = source->next;
	source->flags = 0;
	if (source->block)
		give_block(source->block);
	source->next = shard.free_source;
	shard.free_source = number;
	shard.used_sources--;
}

static inline int64_t clock_of(const struct source *source)
{
	return max(shard.advanced_ms, source->clock_ms);
}

static void queue_source(uint32_t number)
{
	struct source *source = &shard.sources[number];

	source->dirty_prev = shard.dirty_last;
	source->dirty_next = 0;
	if (shard.dirty_last)
		shard.sources[shard.dirty_last].dirty_next = number;
	else
		shard.dirty_first = number;
	shard.dirty_last = number;
}

static void unqueue_source(const struct source *source)
{
	if (source->dirty_prev)
		shard.sources[source->dirty_prev].dirty_next = source->dirty_next;
	else
		shard.dirty_first = source->dirty_next;
	if (source->dirty_next)
		shard.sources[source->dirty_next].dirty_prev = source->dirty_prev;
	else
		shard.dirty_last = source->dirty_prev;
}

#endif
