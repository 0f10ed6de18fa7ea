// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One record for each TCP connection that ended after the originator said (next to) nothing, or that failed to open. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "connscan.h"
#include "types.h"
#include "address.h"
#include "classify.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by user space before loading. */
const volatile __u64 hash_seed = 0;
const volatile __u32 shards = 1;
const volatile __u32 tick_us = 0; /* one jiffy */

/* Set by user space at any time. */
struct connscan_settings settings = {};

/* Never used: puts the layouts into the object's BTF, for the test of packages/probe/src/record.ts. */
struct {
	struct connscan_record record;
	enum connscan_outcome outcome;
	enum connscan_flag flag;
	enum connscan_filter filter;
} layouts = {};

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* a pattern for the verifier; user space makes the real ones */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1); /* shards, set before loading */
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

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
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* possible CPUs, set before loading */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct connscan_counters);
} counters SEC(".maps");

/* What examine() gives where there is no reason. */
#define NOT_FILTERED FILTER_REASONS

static __always_inline bool is_internal(const union connscan_address *address)
{
	struct internal_key key = { .prefix_bits = 128, .address = *address };

	return bpf_map_lookup_elem(&internal, &key);
}

static __always_inline __u8 log2_ms(__u32 ticks)
{
	__u64 ms = (__u64)ticks * tick_us / 1000;
	__u8 log2 = 0;

	for (int shift = 16; shift; shift >>= 1) {
		if (ms >> shift) {
			ms >>= shift;
			log2 += shift;
		}
	}
	return log2;
}

static __always_inline void load_addresses(struct connscan_record *record, const struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET) {
		from_ipv4(&record->local, sk->__sk_common.skc_rcv_saddr);
		from_ipv4(&record->remote, sk->__sk_common.skc_daddr);
	} else {
		from_ipv6(&record->local, &sk->__sk_common.skc_v6_rcv_saddr);
		from_ipv6(&record->remote, &sk->__sk_common.skc_v6_daddr);
		if (is_ipv4(&record->remote))
			record->flags |= FLAG_MAPPED;
	}
}

/* An attempt that never reached ESTABLISHED is the originator's by nature. */
static __always_inline enum connscan_filter examine_attempt(struct connscan_record *record, const struct tcp_sock *tp,
							     int err)
{
	/* No free port, or a fast open that never wrote: nothing was on the wire. */
	if (!tp->segs_out)
		return FILTER_NOT_ESTABLISHED;
	record->flags = FLAG_ACTIVE | FLAG_ROLE_KNOWN;
	record->outcome = err == ECONNREFUSED ? OUTCOME_REFUSED : OUTCOME_UNANSWERED;
	return NOT_FILTERED;
}

static __always_inline enum connscan_filter examine_connection(struct connscan_record *record,
								const struct tcp_sock *tp, __u32 was, int err)
{
	__u64 used = sequence_used(tp, was);
	enum role role = role_of(tp, used);
	bool active = role != ROLE_PASSIVE;
	__u64 sent = used - active, received = payload_received(tp);
	__u64 said = active ? sent : received;
	/* A closed socket has no process either, but it sent a FIN before. */
	bool accepted = was & LOCAL_FIN || tp->inet_conn.icsk_inet.sk.sk_socket;
	__u32 ticks;

	if (said > settings.max_originator_bytes)
		return FILTER_TALKED;
	ticks = (__u32)bpf_jiffies64() - tp->lsndtime;
	if (ticks > settings.max_lifetime_ticks)
		return FILTER_LONG_LIVED;

	record->outcome = outcome_of(was, err, active, accepted);
	if (record->outcome == OUTCOME_NONE)
		return FILTER_TIMED_OUT;
	record->flags = (active ? FLAG_ACTIVE : 0) | (role != ROLE_UNKNOWN ? FLAG_ROLE_KNOWN : 0) |
			(received ? FLAG_DATA_IN : 0) | (sent ? FLAG_DATA_OUT : 0) |
			(accepted ? 0 : FLAG_NOT_ACCEPTED);
	record->originator_bytes = said < 255 ? said : 255;
	record->lifetime_log2_ms = log2_ms(ticks);
	return NOT_FILTERED;
}

/* Fills the record, or gives the reason why there is none; the cheapest tests come first. */
static __always_inline enum connscan_filter examine(struct connscan_record *record, const struct sock *sk, int old,
						     int new)
{
	enum connscan_filter reason;
	const struct tcp_sock *tp;
	__u32 was = 1U << old;
	int err;

	if (new != TCP_CLOSE)
		return FILTER_TRANSITION;
	if (!(was & (STATE(SYN_SENT) | ESTABLISHED_ONCE)))
		return FILTER_NOT_ESTABLISHED;
	/* A plain cast would be refused by the verifier; this also drops MPTCP, whose subflows are seen by themselves. */
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tp)
		return FILTER_NOT_TCP;

	err = sk->sk_err;
	if (was & STATE(SYN_SENT))
		reason = examine_attempt(record, tp, err);
	else
		reason = examine_connection(record, tp, was, err);
	if (reason != NOT_FILTERED)
		return reason;

	load_addresses(record, sk);
	if (is_same(&record->local, &record->remote) || is_loopback(&record->local) || is_loopback(&record->remote))
		return FILTER_LOOPBACK;
	if (!is_internal(&record->remote) || !is_internal(&record->local))
		return FILTER_EXTERNAL;

	record->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport); /* skc_num is 0 by now */
	record->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	record->netns = sk->__sk_common.skc_net.net->ns.inum;
	/* Only a local abort runs in its owner's context; all else may have interrupted anybody. */
	if (record->flags & FLAG_ACTIVE && !err && was & (STATE(ESTABLISHED) | STATE(CLOSE_WAIT) | STATE(SYN_SENT)))
		record->tgid = bpf_get_current_pid_tgid() >> 32;
	record->ended_ns = bpf_ktime_get_boot_ns();
	return NOT_FILTERED;
}

/*
 * All of one source's records go into one ring. Nobody is woken, as that costs more than all the rest (1.2 to
 * 1.6 us): readers poll. The record is complete before the slot is reserved, as a reserved slot holds the reader up.
 */
static __always_inline bool submit(const struct connscan_record *record)
{
	const union connscan_address *source = record->flags & FLAG_ACTIVE ? &record->local : &record->remote;
	__u32 shard = shard_of(source, hash_seed, shards);
	struct connscan_record *slot;
	void *ring;

	ring = bpf_map_lookup_elem(&rings, &shard);
	if (!ring)
		return false;
	slot = bpf_ringbuf_reserve(ring, sizeof(*slot), 0);
	if (!slot)
		return false;
	*slot = *record;
	bpf_ringbuf_submit(slot, BPF_RB_NO_WAKEUP);
	return true;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state, const struct sock *sk, int old, int new)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct connscan_counters *mine = bpf_map_lookup_elem(&counters, &cpu);
	struct connscan_record record = {};
	enum connscan_filter reason;

	if (!mine)
		return 0;
	mine->seen++;
	reason = examine(&record, sk, old, new);
	if (reason < FILTER_REASONS)
		mine->filtered[reason]++;
	else if (submit(&record))
		mine->submitted++;
	else
		mine->reserve_failed++;
	return 0;
}
