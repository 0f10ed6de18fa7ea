/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who opened a connection, what the originator said, and how it ended: read off the socket at its end. */
#ifndef CONNSCAN_CLASSIFY_H
#define CONNSCAN_CLASSIFY_H

#include <stdbool.h>
#include <linux/errno.h>
#include <bpf/bpf_core_read.h>
#include "connscan.h"
#include "types.h"

/* States are tested as sets. */
#define STATE(name) (1U << TCP_##name)
#define LOCAL_FIN (STATE(FIN_WAIT1) | STATE(FIN_WAIT2) | STATE(CLOSING) | STATE(LAST_ACK))
#define REMOTE_FIN (STATE(CLOSE_WAIT) | STATE(LAST_ACK) | STATE(CLOSING))
#define ESTABLISHED_ONCE (STATE(ESTABLISHED) | LOCAL_FIN | REMOTE_FIN)

enum role {
	ROLE_UNKNOWN, /* taken for active */
	ROLE_ACTIVE,
	ROLE_PASSIVE,
};

/*
 * Sequence numbers used, but for a FIN: the payload, and a SYN on the side that sent the first one, as bytes_acked
 * counts every step of snd_una from the initial sequence number there and from one above it on the other side.
 */
static __always_inline __u64 sequence_used(const struct tcp_sock *tp, __u32 was)
{
	bool fin_sent = (was & LOCAL_FIN) && tp->snd_nxt == tp->write_seq;

	return tp->bytes_acked + (__u32)(tp->snd_nxt - tp->snd_una) - fin_sent;
}

/*
 * What is more than the payload must be the SYN. bytes_sent also counts sends that failed on this host (no carrier, a
 * full queue); where it exceeds, a backlog speaks for passive, as a child inherits its listener's. The backlog does not
 * come first, as a socket that has listened may still connect. Two errors are left: one failed byte makes an active
 * socket look passive, and a failed send after listen(0) leaves it unknown.
 */
static __always_inline enum role role_of(const struct tcp_sock *tp, __u64 used)
{
	__u64 payload = tp->bytes_sent - tp->bytes_retrans;

	if (used == payload + 1)
		return ROLE_ACTIVE;
	/* An established active socket has used one at least. */
	if (used == payload || !used || tp->inet_conn.icsk_inet.sk.sk_max_ack_backlog)
		return ROLE_PASSIVE;
	return ROLE_UNKNOWN;
}

/* tcp_fin() alone sets SOCK_DONE. */
static __always_inline bool fin_received(const struct tcp_sock *tp)
{
	return tp->inet_conn.icsk_inet.sk.__sk_common.skc_flags >> SOCK_DONE & 1;
}

/* bytes_received counts the peer's FIN as a byte. */
static __always_inline __u64 payload_received(const struct tcp_sock *tp)
{
	return tp->bytes_received - fin_received(tp);
}

/* MPTCP takes the socket of a subflow away before it aborts it, and hands no subflow to accept() by itself. */
static __always_inline bool is_subflow(const struct tcp_sock *tp)
{
	return bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp;
}

/*
 * Named after the first closing act of the originator, so that both hosts tell the same story; OUTCOME_NONE if no side
 * ended it. sk_err: reset by the peer is ECONNRESET, EPIPE once its FIN had come; 0 is a local reset or an orderly end;
 * the rest is a timeout, an unreachable host or an administrator.
 *
 * half_closed: this side has sent its FIN and not got the other's, and its process still holds the socket.
 *
 * was           active, 0      active, reset    passive, 0                         passive, reset
 * ESTABLISHED   reset          responder_reset  responder_reset                    reset
 * CLOSE_WAIT    reset          responder_reset  empty_close; responder_reset if    empty_close
 *                                               the listener closed before accept
 * FIN_WAIT1     empty_close    empty_close      responder_reset                    reset
 * FIN_WAIT2     empty_close    empty_close      empty_close: what is left for the  reset
 *                                               originator is to close;
 *                                               responder_reset if half-closed
 * CLOSING       empty_close    empty_close      empty_close                        empty_close
 * LAST_ACK      empty_close    empty_close      empty_close                        empty_close
 */
static __always_inline enum connscan_outcome outcome_of(__u32 was, int err, bool active, bool accepted, bool half_closed)
{
	bool originator_fin;

	if (err && err != ECONNRESET && err != EPIPE)
		return OUTCOME_NONE;
	if (active)
		originator_fin = was & LOCAL_FIN;
	else if (err)
		originator_fin = was & REMOTE_FIN;
	else
		originator_fin = accepted && was & (REMOTE_FIN | (half_closed ? 0 : STATE(FIN_WAIT2)));
	if (originator_fin)
		return OUTCOME_EMPTY_CLOSE;
	return active == !err ? OUTCOME_RESET : OUTCOME_RESPONDER_RESET;
}

#endif
