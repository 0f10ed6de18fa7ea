// SPDX-License-Identifier: Apache-2.0
/*
 * Lets the kernel write records into the ring that is file descriptor 3. Reads lines `RECORDS PER_SECOND`, where 0 is as
 * fast as it can, and answers `WRITTEN FAILED NANOSECONDS`. Each line writes the same records, numbered from 0.
 */
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <bpf/bpf.h>
#include "../native/ring-write.h"
#include "ring-write.skel.h"

#define RING_FD 3
#define TICK_NS 1000000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	const struct timespec until = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* The kernel writes the answer back to where it found the question. */
static uint64_t write_records(int program, uint64_t first, uint64_t count)
{
	struct batch batch = { .first = first, .count = count };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &batch, .ctx_size_in = sizeof(batch));

	if (bpf_prog_test_run_opts(program, &options))
		err(1, "cannot run the program");
	return batch.failed;
}

int main(void)
{
	struct ring_write *skeleton = ring_write__open();
	uint64_t records, per_second;

	if (!skeleton || bpf_map__reuse_fd(skeleton->maps.ring, RING_FD) || ring_write__load(skeleton))
		err(1, "cannot load the program");
	while (scanf("%lu %lu", &records, &per_second) == 2) {
		uint64_t start_ns = now_ns(), done = 0, failed = 0;

		while (done < records) {
			uint64_t due = records;

			if (per_second) {
				sleep_until(now_ns() / TICK_NS * TICK_NS + TICK_NS);
				due = (now_ns() - start_ns) * per_second / 1000000000;
			}
			if (due > records)
				due = records;
			while (done < due) {
				uint64_t count = due - done < MAX_BATCH ? due - done : MAX_BATCH;

				failed += write_records(bpf_program__fd(skeleton->progs.write_records), done, count);
				done += count;
			}
		}
		printf("%lu %lu %lu\n", records - failed, failed, now_ns() - start_ns);
		fflush(stdout);
	}
	ring_write__destroy(skeleton);
	return 0;
}
