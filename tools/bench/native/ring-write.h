/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RING_WRITE_H
#define RING_WRITE_H

#include <linux/types.h>

/* What one call of the program is to write: the records numbered from `first`. */
struct batch {
	__u64 first;
	__u32 count;
	__u32 failed; /* answer: records for which the ring had no place */
};

#define MAX_BATCH 1024

#endif
