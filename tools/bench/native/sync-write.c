// SPDX-License-Identifier: Apache-2.0
/*
 * The limit of a log: appends to the file of its argument and makes each append durable before the next, with nothing
 * else to do. Reads lines of BYTES COUNT; answers the nanoseconds of all together, and of the
 * slowest but the worst hundredth.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	size_t bytes, count;

	if (argc != 2)
		errx(1, "usage: sync-write FILE");
	while (scanf("%zu %zu", &bytes, &count) == 2) {
		int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
		uint64_t *took = calloc(count, sizeof(*took));
		char *data = malloc(bytes);
		uint64_t total = 0;

		if (fd < 0 || !took || !data)
			err(1, "%s", argv[1]);
		memset(data, 1, bytes);
		for (size_t i = 0; i < count; i++) {
			uint64_t begun = now_ns();

			if (write(fd, data, bytes) != (ssize_t)bytes || fdatasync(fd))
				err(1, "%s", argv[1]);
			took[i] = now_ns() - begun;
			total += took[i];
		}
		qsort(took, count, sizeof(*took), ascending);
		printf("%" PRIu64 " %" PRIu64 "\n", total, took[count * 99 / 100]);
		fflush(stdout);
		free(took);
		free(data);
		close(fd);
	}
	return 0;
}
