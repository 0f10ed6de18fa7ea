// SPDX-License-Identifier: Apache-2.0
/*
 * The plain reader of libbpf on the ring that is file descriptor 3: for each line it drains the ring and answers
 * `RECORDS NANOSECONDS CHECKSUM`. The work on each record is that of src/checksum-records.ts.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <bpf/libbpf.h>
#include "connscan.h"

#define RING_FD 3

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The step of FNV-1a, for 32 bits at once. */
static uint32_t mix(uint32_t sum, uint32_t value)
{
	return (sum ^ value) * 16777619;
}

static int visit(void *checksum, void *data, size_t bytes)
{
	const struct connscan_record *record = data;
	uint32_t sum = *(uint32_t *)checksum;

	(void)bytes;
	sum = mix(sum, (int64_t)(record->ended_ns / 1e6));
	for (int i = 0; i < 4; i++)
		sum = mix(sum, record->local.words[i]);
	for (int i = 0; i < 4; i++)
		sum = mix(sum, record->remote.words[i]);
	sum = mix(sum, record->netns);
	sum = mix(sum, record->process);
	sum = mix(sum, record->local_port);
	sum = mix(sum, record->remote_port);
	sum = mix(sum, record->outcome);
	sum = mix(sum, record->flags);
	sum = mix(sum, record->originator_bytes);
	*(uint32_t *)checksum = mix(sum, record->lifetime_log2_ms);
	return 0;
}

int main(void)
{
	uint32_t checksum;
	struct ring_buffer *ring = ring_buffer__new(RING_FD, visit, &checksum, NULL);

	if (!ring)
		err(1, "cannot map the ring");
	while (getchar() != EOF) {
		uint64_t start_ns;
		int records;

		checksum = 0;
		start_ns = now_ns();
		records = ring_buffer__consume(ring);
		printf("%d %lu %d\n", records, now_ns() - start_ns, (int32_t)checksum);
		fflush(stdout);
	}
	ring_buffer__free(ring);
	return 0;
}
