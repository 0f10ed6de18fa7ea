/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is watched: network namespaces and internal address ranges. User space changes both at any time. */
#ifndef CONNSCAN_SCOPE_H
#define CONNSCAN_SCOPE_H

#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "connscan.h"
#include "types.h"

/* In a section, and so a map, of its own: user space maps it. */
struct connscan_settings settings SEC(".data.settings") = {};

struct internal_key {
	__u32 prefix_bits;
	union connscan_address address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 2048); /* a policy has up to 1024; while it is replaced, both are in */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct internal_key);
	__type(value, __u8);
} internal SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* up to 512; while they are replaced, both are in */
	__type(key, __u32); /* inode */
	__type(value, __u8);
} scope SEC(".maps");

static __always_inline bool is_internal(const union connscan_address *address)
{
	struct internal_key key = { .prefix_bits = 128, .address = *address };

	return bpf_map_lookup_elem(&internal, &key);
}

static __always_inline bool in_scope(__u32 netns)
{
	return !settings.scoped || bpf_map_lookup_elem(&scope, &netns);
}

#endif
