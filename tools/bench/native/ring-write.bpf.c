// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Writes records as the probe does, as many as it is told, into the ring that user space puts in place. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "connscan.h"
#include "ring-write.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* Every field depends on the number or is not 0, so that a reader that misses one has another checksum. */
static __always_inline void make_record(struct connscan_record *record, __u64 number)
{
	record->ended_ns = number * 1000000;
	record->local.words[2] = record->remote.words[2] = bpf_htonl(0xffff);
	record->local.words[3] = bpf_htonl(0x0a000000 | (number & 0xffffff));
	record->remote.words[3] = bpf_htonl(0x0a000001);
	record->netns = 0xf0000000 + number;
	record->process = ~number;
	record->local_port = number;
	record->remote_port = 443;
	record->outcome = OUTCOME_RESET + number % 2;
	record->flags = FLAG_ACTIVE | FLAG_ROLE_KNOWN;
	record->originator_bytes = number & 15;
	record->lifetime_log2_ms = number & 31;
}

SEC("syscall")
int write_records(struct batch *batch)
{
	for (int i = 0; i < MAX_BATCH && i < batch->count; i++) {
		struct connscan_record record = {};
		struct connscan_record *slot;

		make_record(&record, batch->first + i);
		slot = bpf_ringbuf_reserve(&ring, sizeof(*slot), 0);
		if (!slot) {
			batch->failed++;
			continue;
		}
		*slot = record;
		bpf_ringbuf_submit(slot, BPF_RB_NO_WAKEUP);
	}
	return 0;
}
