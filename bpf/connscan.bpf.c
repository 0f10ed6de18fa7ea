// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One record for each TCP connection that ended after the originator said (next to) nothing, or that failed to open. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "connscan.h"
#include "types.h"
#include "address.h"
#include "classify.h"
#include "process.h"
#include "refused.h"
#include "scope.h"
#include "trace.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by user space before loading. */
const volatile __u64 hash_seed = 0;
const volatile __u32 shards = 1;
const volatile __u32 cpus = 1; /* possible ones */
const volatile __u32 tick_us = 0; /* one jiffy */

/* Never used: puts the layouts into the object's BTF, for the test of packages/probe/src/record.ts. */
struct {
	struct connscan_record record;
	enum connscan_outcome outcome;
	enum connscan_flag flag;
	enum connscan_filter filter;
	enum connscan_counter counter;
	struct connscan_transition transition;
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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* COUNTERS for each possible CPU, set before loading */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct connscan_counters);
} counters SEC(".maps");

/* What examine() gives where there is no reason. */
#define NOT_FILTERED FILTER_REASONS

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
	bool held = tp->inet_conn.icsk_inet.sk.sk_socket;
	bool accepted = was & LOCAL_FIN || held || is_subflow(tp);
	__u32 ticks;

	if (said > settings.max_originator_bytes)
		return FILTER_TALKED;
	ticks = (__u32)bpf_jiffies64() - tp->lsndtime;
	if (ticks > settings.max_lifetime_ticks)
		return FILTER_LONG_LIVED;

	record->outcome = outcome_of(was, err, active, accepted, held && !fin_received(tp));
	if (record->outcome == OUTCOME_NONE)
		return FILTER_TIMED_OUT;
	record->flags = (active ? FLAG_ACTIVE : 0) | (role != ROLE_UNKNOWN ? FLAG_ROLE_KNOWN : 0) |
			(received ? FLAG_DATA_IN : 0) | (sent ? FLAG_DATA_OUT : 0) |
			(active || accepted ? 0 : FLAG_NOT_ACCEPTED);
	record->originator_bytes = said < 255 ? said : 255;
	record->lifetime_log2_ms = log2_ms(ticks);
	return NOT_FILTERED;
}

static __always_inline enum connscan_filter examine_addresses(const struct connscan_record *record, bool active)
{
	bool local, remote;

	if (is_same(&record->local, &record->remote) || is_loopback(&record->local) || is_loopback(&record->remote))
		return FILTER_LOOPBACK;
	local = is_internal(&record->local);
	remote = is_internal(&record->remote);
	return settings.sides >> (active ? SIDES(local, remote) : SIDES(remote, local)) & 1 ? NOT_FILTERED : FILTER_EXTERNAL;
}

/* Fills the record, or gives the reason why there is none; the cheapest tests come first. */
static __always_inline enum connscan_filter examine(struct connscan_record *record, const struct sock *sk, int old,
						     __u32 opener)
{
	enum connscan_filter reason;
	const struct tcp_sock *tp;
	__u32 was = 1U << old;
	int err;

	record->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (!in_scope(record->netns))
		return FILTER_NETNS;
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

	if (load_addresses(&record->local, &record->remote, sk))
		record->flags |= FLAG_MAPPED;
	reason = examine_addresses(record, record->flags & FLAG_ACTIVE);
	if (reason != NOT_FILTERED)
		return reason;

	record->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport); /* skc_num is 0 by now */
	record->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (attribution)
		record->process = record->flags & FLAG_ACTIVE
					  ? opener
					  : listener_of(&record->local, record->netns, record->local_port);
	record->ended_ns = bpf_ktime_get_boot_ns();
	return NOT_FILTERED;
}

/* The same for a reset that this host sends to refuse an attempt. */
static __always_inline enum connscan_filter examine_reset(struct connscan_record *record, const struct sock *sk,
							   const struct sk_buff *skb)
{
	/* Jiffies, as reading a clock costs more than a look at them and at a counter. */
	__u32 slice = bpf_jiffies64() * tick_us >> SLICE_SHIFT, zero = 0;
	enum connscan_filter reason;
	const struct tcphdr *tcp;
	struct usage *usage;

	/* Without a packet a socket was aborted; with a socket, the packet was not for a closed port. */
	if (sk || !skb)
		return FILTER_OTHER_RESET;
	usage = bpf_map_lookup_elem(&examined, &zero);
	if (!usage || !has_left(usage, slice, EXAMINED_PER_SLICE))
		return FILTER_RATE;
	tcp = HEADER(tcphdr, skb, transport_header);
	if (!is_attempt(tcp))
		return FILTER_OTHER_RESET;
	record->netns = skb->dev->nd_net.net->ns.inum;
	if (!in_scope(record->netns))
		return FILTER_NETNS;
	usage->used++;
	if (!load_packet_addresses(record, skb))
		return FILTER_OTHER_RESET;
	reason = examine_addresses(record, false);
	if (reason != NOT_FILTERED)
		return reason;
	if (!may_record(&record->remote, slice))
		return FILTER_RATE;

	record->outcome = OUTCOME_REFUSED;
	record->flags = FLAG_ROLE_KNOWN;
	record->local_port = bpf_ntohs(tcp->dest);
	record->remote_port = bpf_ntohs(tcp->source);
	record->ended_ns = bpf_ktime_get_boot_ns();
	return NOT_FILTERED;
}

/* While a socket begins to connect or to listen, the one running process is its owner. */
static __always_inline void attribute(const struct sock *sk, int old, int new, struct connscan_counters *mine)
{
	enum purpose purpose = new == TCP_LISTEN ? LISTENS : CONNECTS;
	__u64 serial = 0;

	if (old != TCP_CLOSE || (new != TCP_SYN_SENT && new != TCP_LISTEN))
		return;
	if (in_scope(sk->__sk_common.skc_net.net->ns.inum))
		serial = process_of(bpf_get_current_task_btf(), purpose, mine);
	if (purpose == CONNECTS)
		keep_opener(sk, serial);
	else
		keep_listener(sk, serial);
}

/* A socket ends: the process that connected it, and no more of either kind. */
static __always_inline __u32 unattribute(const struct sock *sk, int old)
{
	const struct tcp_sock *tp;

	if (old != TCP_LISTEN)
		return take_opener(sk);
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (tp)
		forget_listener(sk, tp->inet_conn.icsk_inet.inet_sport);
	return 0;
}

static __always_inline enum connscan_filter examine_transition(struct connscan_transition *transition,
								const struct sock *sk, int old, int new)
{
	const struct tcp_sock *tp;
	enum role role;

	transition->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (!in_scope(transition->netns))
		return FILTER_NETNS;
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tp)
		return FILTER_NOT_TCP;
	role = role_in(tp, old, new);
	transition->flags = (role == ROLE_ACTIVE ? FLAG_ACTIVE : 0) | (role != ROLE_UNKNOWN ? FLAG_ROLE_KNOWN : 0) |
			    (load_addresses(&transition->local, &transition->remote, sk) ? FLAG_MAPPED : 0);
	transition->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	transition->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	transition->old_state = old;
	transition->new_state = new;
	transition->err = sk->sk_err;
	if (attribution)
		transition->process = opener_of(sk)
					      ?: listener_of(&transition->local, transition->netns, transition->local_port);
	transition->at_ns = bpf_ktime_get_boot_ns();
	return NOT_FILTERED;
}

/*
 * Nobody is woken, as that costs more than all the rest (1.2 to 1.6 us): readers poll. What is written is complete
 * before the slot is reserved, as a reserved slot holds the reader up. Records and transitions are equally long.
 */
static __always_inline bool submit(__u32 shard, const struct connscan_record *record)
{
	void *ring = bpf_map_lookup_elem(&rings, &shard);
	struct connscan_record *slot;

	if (!ring)
		return false;
	slot = bpf_ringbuf_reserve(ring, sizeof(*slot), 0);
	if (!slot)
		return false;
	*slot = *record;
	bpf_ringbuf_submit(slot, BPF_RB_NO_WAKEUP);
	return true;
}

/* All of one source's records go into one ring. */
static __always_inline __u32 ring_of(const struct connscan_record *record)
{
	return shard_of(record->flags & FLAG_ACTIVE ? &record->local : &record->remote, hash_seed, shards);
}

static __always_inline struct connscan_counters *count_seen(enum connscan_counter counter)
{
	__u32 cell = counter * cpus + bpf_get_smp_processor_id();
	struct connscan_counters *mine = bpf_map_lookup_elem(&counters, &cell);

	if (mine)
		mine->seen++;
	return mine;
}

static __always_inline void count_submitted(struct connscan_counters *mine, bool submitted)
{
	if (submitted)
		mine->submitted++;
	else
		mine->reserve_failed++;
}

/* The first to be attached, so that processes have their paths when the first connection is seen. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
	remember_path(task, program);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state, const struct sock *sk, int old, int new)
{
	struct connscan_counters *mine = count_seen(COUNTER_STATES);
	struct connscan_record record = {};
	enum connscan_filter reason;
	__u32 opener = 0;

	if (!mine)
		return 0;
	if (new != TCP_CLOSE) {
		mine->filtered[FILTER_TRANSITION]++;
		if (attribution)
			attribute(sk, old, new, mine);
		return 0;
	}
	if (attribution)
		opener = unattribute(sk, old);
	reason = examine(&record, sk, old, opener);
	if (reason < FILTER_REASONS)
		mine->filtered[reason]++;
	else
		count_submitted(mine, submit(ring_of(&record), &record));
	return 0;
}

SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(on_refused, const struct sock *sk, const struct sk_buff *skb)
{
	struct connscan_counters *mine = count_seen(COUNTER_RESETS);
	struct connscan_record record = {};
	enum connscan_filter reason;

	if (!mine)
		return 0;
	reason = examine_reset(&record, sk, skb);
	if (reason < FILTER_REASONS)
		mine->filtered[reason]++;
	else
		count_submitted(mine, submit(ring_of(&record), &record));
	return 0;
}

/*
 * Run once over all open files, before anything is attached: who listens already. It draws serials as the programs above
 * do, and must not be interrupted by them.
 */
SEC("?iter/task_file")
int on_listener(struct bpf_iter__task_file *open_file)
{
	struct task_struct *task = open_file->task;
	struct file *file = open_file->file;
	__u32 cell = COUNTER_STATES * cpus + bpf_get_smp_processor_id();
	struct connscan_counters *mine = bpf_map_lookup_elem(&counters, &cell);
	struct socket *socket;
	struct sock *sk;

	if (!task || !file || !mine)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (sk && sk->__sk_common.skc_state == TCP_LISTEN && sk->sk_protocol == IPPROTO_TCP &&
	    in_scope(sk->__sk_common.skc_net.net->ns.inum))
		keep_listener(sk, listener_with_path(task, mine));
	return 0;
}

/* Instead of on_set_state, for the trace. */
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(on_trace, const struct sock *sk, int old, int new)
{
	struct connscan_counters *mine = count_seen(COUNTER_STATES);
	struct connscan_transition transition = {};
	enum connscan_filter reason;

	if (!mine)
		return 0;
	if (attribution)
		attribute(sk, old, new, mine);
	reason = examine_transition(&transition, sk, old, new);
	if (attribution && new == TCP_CLOSE)
		unattribute(sk, old);
	if (reason < FILTER_REASONS)
		mine->filtered[reason]++;
	else
		count_submitted(mine, submit(0, (const struct connscan_record *)&transition));
	return 0;
}
