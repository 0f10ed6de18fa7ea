/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CONNSCAN_TRACE_H
#define CONNSCAN_TRACE_H

#include "classify.h"
#include "connscan.h"
#include "types.h"

/* What the transition itself tells for sure. */
static __always_inline enum role role_in(const struct tcp_sock *tp, int old, int new)
{
	__u32 was = 1U << old;

	if (old == TCP_SYN_SENT || new == TCP_SYN_SENT)
		return ROLE_ACTIVE;
	if (old == TCP_LISTEN && new != TCP_CLOSE)
		return ROLE_PASSIVE;
	return new == TCP_CLOSE && was & ESTABLISHED_ONCE ? role_of(tp, sequence_used(tp, was)) : ROLE_UNKNOWN;
}

#endif
