// SPDX-License-Identifier: Apache-2.0
/* The kernel measures the run time of every BPF program for as long as this process lives: until its input ends. */
#include <err.h>
#include <stdio.h>
#include <bpf/bpf.h>

int main(void)
{
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		err(1, "cannot switch the statistics on");
	while (getchar() != EOF) {
		printf("1\n");
		fflush(stdout);
	}
	return 0;
}
