/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who opened a connection, what the originator said, and how it ended: read off the socket at its end. */
#ifndef CONNSCAN_CLASSIFY_H
#define CONNSCAN_CLASSIFY_H

#include <stdbool.h>
#include <linux/errno.h>
#include "connscan.h"
#include "types.h"

/* States are tested as sets. */
#define STATE(name) (1U << TCP_##name)
#define LOCAL_FIN (STATE(FIN_WAIT1) | STATE(FIN_WAIT2) | STATE(CLOSING) | STATE(LAST_ACK))
#define REMOTE_FIN (STATE(CLOSE_WAIT) | STATE(LAST_ACK) | STATE(CLOSING))
#define ESTABLISHED_ONCE (STATE(ESTABLISHED) | LOCAL_FIN | REMOTE_FIN)

enum role {
	ROLE_UNKNOWN,
	ROLE_ACTIVE,
	ROLE_PASSIVE,
};

/* What was sent first and what was sent again; payload only. */
static __always_inline __u64 payload_sent(const struct tcp_sock *tp)
{
	return tp->bytes_sent - tp->bytes_retrans;
}

/* bytes_received counts the peer's FIN as a byte; tcp_fin() alone sets SOCK_DONE. */
static __always_inline __u64 payload_received(const struct tcp_sock *tp)
{
	return tp->bytes_received - (tp->inet_conn.icsk_inet.sk.__sk_common.skc_flags >> SOCK_DONE & 1);
}

/*
 * bytes_acked is every step of snd_una: from the initial sequence number on the side that sent the first SYN, from one
 * above it on the other. Take payload and FIN away and the SYN remains: 1 or 0, in 32-bit arithmetic like the sequence
 * numbers. Neither is possible after a send that failed locally and was counted twice. Then a backlog speaks for
 * passive, as a child inherits its listener's. It does not come first: a socket that has listened may still connect.
 */
static __always_inline enum role role_of(const struct tcp_sock *tp, __u32 was)
{
	__u32 fin_sent = (was & LOCAL_FIN) && tp->snd_nxt == tp->write_seq;
	__u32 in_flight = tp->snd_nxt - tp->snd_una;
	__u32 syn_acked = (__u32)tp->bytes_acked + in_flight - (__u32)payload_sent(tp) - fin_sent;

	if (syn_acked == 1)
		return ROLE_ACTIVE;
	if (syn_acked == 0 || tp->inet_conn.icsk_inet.sk.sk_max_ack_backlog)
		return ROLE_PASSIVE;
	return ROLE_UNKNOWN;
}

/*
 * Named after the first closing act of the originator, so that both hosts tell the same story; OUTCOME_NONE if no side
 * ended it. sk_err: reset by the peer is ECONNRESET, EPIPE once its FIN had come; 0 is a local reset or an orderly end;
 * the rest is a timeout, an unreachable host or an administrator.
 *
 * was           active, 0      active, reset    passive, 0                         passive, reset
 * ESTABLISHED   reset          responder_reset  responder_reset                    reset
 * CLOSE_WAIT    reset          responder_reset  empty_close; responder_reset if    empty_close
 *                                               the listener closed before accept
 * FIN_WAIT1     empty_close    empty_close      responder_reset                    reset
 * FIN_WAIT2     empty_close    empty_close      empty_close: what is left for the  reset
 *                                               originator is to close
 * CLOSING       empty_close    empty_close      empty_close                        empty_close
 * LAST_ACK      empty_close    empty_close      empty_close                        empty_close
 */
static __always_inline enum connscan_outcome outcome_of(__u32 was, int err, bool active, bool accepted)
{
	bool originator_fin;

	if (err && err != ECONNRESET && err != EPIPE)
		return OUTCOME_NONE;
	if (active)
		originator_fin = was & LOCAL_FIN;
	else if (err)
		originator_fin = was & REMOTE_FIN;
	else
		originator_fin = accepted && was & (REMOTE_FIN | STATE(FIN_WAIT2));
	if (originator_fin)
		return OUTCOME_EMPTY_CLOSE;
	return active == !err ? OUTCOME_RESET : OUTCOME_RESPONDER_RESET;
}

#endif
