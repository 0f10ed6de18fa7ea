/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Addresses in their one 16-byte form. */
#ifndef CONNSCAN_ADDRESS_H
#define CONNSCAN_ADDRESS_H

#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include "connscan.h"
#include "types.h"

static __always_inline void from_ipv4(union connscan_address *address, __be32 ipv4)
{
	address->words[0] = 0;
	address->words[1] = 0;
	address->words[2] = bpf_htonl(0xffff);
	address->words[3] = ipv4;
}

static __always_inline void from_ipv6(union connscan_address *address, const struct in6_addr *ipv6)
{
	address->words[0] = ipv6->in6_u.u6_addr32[0];
	address->words[1] = ipv6->in6_u.u6_addr32[1];
	address->words[2] = ipv6->in6_u.u6_addr32[2];
	address->words[3] = ipv6->in6_u.u6_addr32[3];
}

static __always_inline void from_any(union connscan_address *address)
{
	address->words[0] = 0;
	address->words[1] = 0;
	address->words[2] = 0;
	address->words[3] = 0;
}

static __always_inline bool is_ipv4(const union connscan_address *address)
{
	return !address->words[0] && !address->words[1] && address->words[2] == bpf_htonl(0xffff);
}

/* Returns whether it is IPv4 over an IPv6 socket. */
static __always_inline bool load_addresses(union connscan_address *local, union connscan_address *remote,
					   const struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET) {
		from_ipv4(local, sk->__sk_common.skc_rcv_saddr);
		from_ipv4(remote, sk->__sk_common.skc_daddr);
		return false;
	}
	from_ipv6(local, &sk->__sk_common.skc_v6_rcv_saddr);
	from_ipv6(remote, &sk->__sk_common.skc_v6_daddr);
	return is_ipv4(remote);
}

static __always_inline bool is_loopback(const union connscan_address *address)
{
	if (is_ipv4(address))
		return address->bytes[12] == 127;
	return !address->words[0] && !address->words[1] && !address->words[2] && address->words[3] == bpf_htonl(1);
}

static __always_inline bool is_same(const union connscan_address *a, const union connscan_address *b)
{
	return a->words[3] == b->words[3] && a->words[2] == b->words[2] &&
	       a->words[1] == b->words[1] && a->words[0] == b->words[0];
}

static __always_inline bool is_link_local(const union connscan_address *address)
{
	return (address->words[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

/*
 * Keyed, so that nobody can pick addresses that all fall into one shard: the MurmurHash3 finaliser, over the half of the
 * address that tells sources apart. All of an IPv6 /64 is one shard's, as it is also detected as one source; but not of
 * fe80::/64, in which all hosts of all links are.
 */
static __always_inline __u32 shard_of(const union connscan_address *address, __u64 seed, __u32 shards)
{
	int half = is_ipv4(address) || is_link_local(address) ? 2 : 0;
	__u64 hash = seed ^ ((__u64)address->words[half] << 32 | address->words[half + 1]);

	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return (hash >> 32) * shards >> 32;
}

#endif
