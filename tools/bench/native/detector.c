// SPDX-License-Identifier: Apache-2.0
/*
 * The limit of packages/detector: the same exact job on the same tables in plain C, without batches and without what a
 * worker's death would need. Reads one line of numbers, shard size, key, policy and mix as src/c-detector.ts writes them, and
 * answers `NANOSECONDS` and then the sums of all that it knows and told. Records are those of src/ordinary-records.ts.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include "detector-work.h"

#define RING_SLOTS (1 << 15)

struct slot {
	uint64_t header;
	struct connscan_record record;
};

static struct slot ring[RING_SLOTS] __attribute__((aligned(64)));

static struct {
	uint64_t sources, services, records_per_ms, start_ms, warm_up, records, advance_every, sightings_every;
} mix;

/* Of this thread: other work on the machine does not count. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static uint64_t read_number(void)
{
	uint64_t number;

	if (scanf("%lu", &number) != 1)
		errx(1, "too few numbers");
	return number;
}

static void *allocate(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "no memory");
	return memory;
}

static void open_shard(void)
{
	uint32_t buckets = 16;

	shard.max_sources = read_number();
	shard.arena_lines = (read_number() + 1) / 2;
	shard.max_episodes = read_number();
	shard.key0 = read_number();
	shard.key1 = read_number();
	while (buckets < shard.max_sources)
		buckets *= 2;
	shard.bucket_mask = buckets - 1;
	shard.fresh_source = shard.fresh_episode = shard.sweep = 1;
	shard.sources = allocate((shard.max_sources + 1) * sizeof(struct source));
	shard.episodes = allocate((shard.max_episodes + 1) * sizeof(struct episode));
	shard.arena = allocate((shard.arena_lines + 1) * sizeof(union line));
	shard.owners = allocate(shard.arena_lines * sizeof(*shard.owners));
	shard.buckets = allocate(buckets * sizeof(*shard.buckets));
	fill_arena();
}

static void read_limits(void)
{
	limits.window_ms = read_number();
	limits.update_ms = read_number();
	limits.confirm_ms = read_number();
	limits.warm_up_ms = read_number();
	limits.low = read_number();
	limits.medium = read_number();
	limits.high = read_number();
	limits.corroborated_aborted = read_number();
	limits.corroborated_failed = read_number();
	limits.slow = read_number();
	limits.slow_ms = read_number();
	limits.probation_ms = read_number();
	limits.forget_ms = read_number();
	limits.change_ms = min(limits.window_ms, limits.update_ms) / 10;
}

static void read_mix(void)
{
	mix.sources = read_number();
	mix.services = read_number();
	mix.records_per_ms = read_number();
	mix.start_ms = read_number();
	mix.warm_up = read_number();
	mix.records = read_number();
	mix.advance_every = read_number();
	mix.sightings_every = read_number();
}

/* mulberry32, as src/random-numbers.ts. */
static uint32_t random_below(uint32_t below)
{
	static uint32_t state = 1;
	uint32_t mixed;

	state += 0x6d2b79f5;
	mixed = (state ^ state >> 15) * (1 | state);
	mixed = (mixed + (mixed ^ mixed >> 7) * (61 | mixed)) ^ mixed;
	return (uint64_t)(mixed ^ mixed >> 14) * below >> 32;
}

static void write_address(union connscan_address *address, uint32_t network, uint32_t host)
{
	address->words[0] = address->words[1] = 0;
	address->words[2] = 0xffff0000;
	address->words[3] = __builtin_bswap32(network | host);
}

static void write_record(struct connscan_record *record, uint64_t index)
{
	uint32_t pair = random_below(mix.sources * mix.services);
	uint32_t mixed = (pair + 1) * 0x9e3779b1;

	record->ended_ns = mix.start_ms * 1000000 + index * (1000000 / mix.records_per_ms);
	write_address(&record->local, 0x0a000000, pair / mix.services);
	write_address(&record->remote, 0x0a800000, mixed >> 9);
	record->remote_port = 1 + (mixed & 0x3ff);
	record->outcome = pair % 8 == 0 ? OUTCOME_REFUSED : random_below(2) ? OUTCOME_RESET : OUTCOME_EMPTY_CLOSE;
}

/* What only the two sides together could have made equal by doing the same. */
static void print_sums(uint64_t ns)
{
	uint64_t habits = 0, periods = 0;

	for (uint32_t number = 1; number < shard.fresh_source; number++) {
		const struct source *source = &shard.sources[number];
		uint32_t slot = source->newest;

		if (!(source->flags & SOURCE_LIVE))
			continue;
		for (uint32_t left = source->entries; left; left--) {
			const struct entry *entry = entry_at(source, slot);

			slot = entry->older;
			if (!(entry->meta & META_HABITUAL))
				continue;
			habits++;
			if (beats_of(entry->cadence) >= STEADY_BEATS)
				periods += period_of(entry->cadence);
		}
	}
	printf("%lu %lu %lu %u %u %u %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu\n", ns, shard.observed, shard.late,
	       shard.used_sources, shard.services, shard.used_episodes, habits, periods, taken.alerts, taken.aborted,
	       taken.failed, taken.habitual, taken.severity, taken.confirmed, taken.rules, taken.sightings,
	       taken.connections);
	fflush(stdout);
}

int main(void)
{
	uint64_t ns = 0;

	open_shard();
	read_limits();
	read_mix();
	for (uint64_t done = 0; done < mix.warm_up + mix.records; done += mix.advance_every) {
		uint64_t start_ns;

		for (uint64_t i = done; i < done + mix.advance_every; i++)
			write_record(&ring[i % RING_SLOTS].record, i);
		start_ns = cpu_ns();
		for (uint64_t i = done; i < done + mix.advance_every; i++)
			observe(&ring[i % RING_SLOTS].record);
		advance(mix.start_ms + (done + mix.advance_every) / mix.records_per_ms);
		if (done >= mix.warm_up)
			ns += cpu_ns() - start_ns;
		take_alerts();
		if ((done + mix.advance_every) % mix.sightings_every == 0)
			take_sightings();
	}
	print_sums(ns);
	return 0;
}
