/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Attempts that this host refused, as no socket listened: there is no socket to read, only the packet. Anybody can send
 * any number of them, so most of this bounds the work.
 */
#ifndef CONNSCAN_REFUSED_H
#define CONNSCAN_REFUSED_H

#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "address.h"
#include "connscan.h"
#include "types.h"

/* A slice is 2^17 us, 131 ms. */
#define SLICE_SHIFT 17
/* Per CPU, 7,800 a second: one from a new source takes 0.9 us, so that a CPU spends 1 % at most on what it examines. */
#define EXAMINED_PER_SLICE 1024
/* Per source, 1,950 a second: more than any policy needs to tell a scan. */
#define RECORDED_PER_SLICE 256

/* How often within the slice that was last looked at. */
struct usage {
	__u32 slice;
	__u32 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usage);
} examined SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, union connscan_address);
	__type(value, struct usage);
} refused_sources SEC(".maps");

/* Without a declaration as weak, a kernel that lacks it would take no program of this object. */
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

#define HEADER(type, skb, offset) \
	((const struct type *)bpf_rdonly_cast((skb)->head + (skb)->offset, bpf_core_type_id_kernel(struct type)))

/* Begins a new slice if it is time; whether the limit leaves one more. */
static __always_inline bool has_left(struct usage *usage, __u32 slice, __u32 limit)
{
	if (usage->slice != slice) {
		usage->slice = slice;
		usage->used = 0;
	}
	return usage->used < limit;
}

/* Two CPUs may count one source's at the same time and let a few more pass. */
static __always_inline bool may_record(const union connscan_address *source, __u32 slice)
{
	struct usage *usage = bpf_map_lookup_elem(&refused_sources, source);
	struct usage first = { slice, 1 };

	if (!usage)
		return !bpf_map_update_elem(&refused_sources, source, &first, BPF_ANY);
	if (!has_left(usage, slice, RECORDED_PER_SLICE))
		return false;
	usage->used++;
	return true;
}

static __always_inline bool load_packet_addresses(struct connscan_record *record, const struct sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		const struct iphdr *ip = HEADER(iphdr, skb, network_header);

		from_ipv4(&record->local, ip->daddr);
		from_ipv4(&record->remote, ip->saddr);
		return true;
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip = HEADER(ipv6hdr, skb, network_header);

		from_ipv6(&record->local, &ip->daddr);
		from_ipv6(&record->remote, &ip->saddr);
		return true;
	}
	return false;
}

static __always_inline bool is_attempt(const struct tcphdr *tcp)
{
	return BPF_CORE_READ_BITFIELD(tcp, syn) && !BPF_CORE_READ_BITFIELD(tcp, ack);
}

#endif
