/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The only layout shared by kernel and user space. packages/probe/src/record.ts reads it; a test compares the two. */
#ifndef CONNSCAN_H
#define CONNSCAN_H

#include <linux/types.h>

/* How a connection ended; the words are those of packages/model/src/outcome.ts. */
enum connscan_outcome {
	OUTCOME_NONE = 0,
	OUTCOME_RESET = 1,           /* the originator, having said (next to) nothing, left by a reset */
	OUTCOME_EMPTY_CLOSE = 2,     /* the same, by FIN, whatever followed it */
	OUTCOME_RESPONDER_RESET = 3, /* the called side ended it before the originator did either */
	OUTCOME_REFUSED = 4,         /* never established: the target answered with a reset */
	OUTCOME_UNANSWERED = 5,      /* never established: no answer, or the originator gave up first */
};

enum connscan_flag {
	FLAG_ACTIVE = 1 << 0,       /* this host is the originator */
	FLAG_ROLE_KNOWN = 1 << 1,   /* FLAG_ACTIVE is sure, not a guess */
	FLAG_DATA_IN = 1 << 2,      /* payload was received */
	FLAG_DATA_OUT = 1 << 3,     /* payload was sent */
	FLAG_NOT_ACCEPTED = 1 << 4, /* no process accepted it before it ended */
	FLAG_MAPPED = 1 << 5,       /* IPv4 over an IPv6 socket */
};

/* 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. */
union connscan_address {
	__u8 bytes[16];
	__u32 words[4];
};

/*
 * One finished or failed connection. With the ring's 8-byte header it is one 64-byte cache line, so it never wraps and
 * is found by a mask. Ports are in host order. Between CPUs, ended_ns may go back by the microsecond the probe takes.
 */
struct connscan_record {
	__u64 ended_ns;                /* 0: CLOCK_BOOTTIME */
	union connscan_address local;  /* 8 */
	union connscan_address remote; /* 24 */
	__u32 netns;                   /* 40: inode of the network namespace */
	__u32 process;                 /* 44: low half of the serial of the process on this side: the one that connected,
					* or that listens; 0 is unknown */
	__u16 local_port;              /* 48 */
	__u16 remote_port;             /* 50 */
	__u8 outcome;                  /* 52: enum connscan_outcome */
	__u8 flags;                    /* 53: enum connscan_flag */
	__u8 originator_bytes;         /* 54: payload the originator sent; 255 is 255 or more */
	__u8 lifetime_log2_ms;         /* 55: floor(log2) of the ms since the last send or, without one, the opening;
					* 0 below 2 ms and if never established */
};

enum connscan_filter {
	FILTER_TRANSITION = 0,      /* not the end of a connection */
	FILTER_NOT_TCP = 1,         /* MPTCP duplicates, DCCP, SCTP */
	FILTER_NOT_ESTABLISHED = 2, /* a listener or a half-open child closed, or no SYN ever left */
	FILTER_TALKED = 3,          /* the originator sent more than max_originator_bytes */
	FILTER_LONG_LIVED = 4,      /* lived longer than max_lifetime */
	FILTER_LOOPBACK = 5,        /* loopback, or both addresses the same */
	FILTER_EXTERNAL = 6,        /* between sides that are not asked for */
	FILTER_TIMED_OUT = 7,       /* established, then lost: no side ended it */
	FILTER_NETNS = 8,           /* in a network namespace out of scope */
	FILTER_OTHER_RESET = 9,     /* this host sent a reset, but not to refuse an attempt */
	FILTER_RATE = 10,           /* a reset while this source, or all together, were refused too often */
	FILTER_REASONS = 11,
};

/* The programs that count; each has its own cells, as one may interrupt the other on the same CPU. */
enum connscan_counter {
	COUNTER_STATES = 0, /* transitions of sockets */
	COUNTER_RESETS = 1, /* resets sent */
	COUNTERS = 2,
};

/*
 * One per counting program and CPU, two cache lines, mapped by user space. Only that program writes. Since Linux 6.1 it
 * cannot nest on one CPU, so plain increments are exact: seen = submitted + reserve_failed + the sum of filtered.
 * Before that, an interrupt between load and store may lose a count.
 */
struct connscan_counters {
	__u64 seen;
	__u64 submitted;
	__u64 reserve_failed;
	__u64 filtered[FILTER_REASONS];
	__u64 processes[2]; /* serials drawn on this CPU, for connecting and for listening processes */
};

/* Where the originator and the responder of a connection are. */
#define SIDES(from_internal, to_internal) ((from_internal) << 1 | (to_internal))

/* Limits that user space changes at run time. */
struct connscan_settings {
	__u32 max_originator_bytes;
	__u32 max_lifetime_ticks; /* in kernel ticks (1/HZ s) */
	__u32 scoped;             /* only the network namespaces in the map `scope`, if not 0 */
	__u32 sides;              /* what is asked for: a bit for each SIDES() */
};

#define CONNSCAN_EXE_BYTES 200

/*
 * A process that connected or listens, as it was when it first did. Entries are overwritten, the oldest of a CPU first: who
 * reads one compares the serial before and after. It is 0 while the entry is written.
 */
struct connscan_process {
	__u64 serial;     /* 0: never given twice; its low bits are the index of the entry */
	__u64 started_ns; /* 8: CLOCK_BOOTTIME */
	__u64 cgroup_id;  /* 16: in the cgroup v2 hierarchy */
	__u32 tgid;       /* 24: in the initial PID namespace, as all of these */
	__u32 parent_tgid; /* 28 */
	__u32 uid;        /* 32 */
	__u32 unused;     /* 36 */
	char comm[16];    /* 40 */
	char exe[CONNSCAN_EXE_BYTES]; /* 56: as given to exec, perhaps relative; empty is unknown */
};

/* One transition of a TCP socket, for the trace. Like a record, it is one cache line with its header. */
struct connscan_transition {
	__u64 at_ns;                   /* 0: CLOCK_BOOTTIME */
	union connscan_address local;  /* 8 */
	union connscan_address remote; /* 24 */
	__u32 netns;                   /* 40 */
	__u32 process;                 /* 44: as in a record */
	__u16 local_port;              /* 48: 0 while connect() has yet to choose one */
	__u16 remote_port;             /* 50 */
	__u8 old_state;                /* 52: include/net/tcp_states.h */
	__u8 new_state;                /* 53 */
	__u8 flags;                    /* 54: enum connscan_flag, of which FLAG_ACTIVE, FLAG_ROLE_KNOWN and FLAG_MAPPED */
	__u8 err;                      /* 55: errno of the socket */
};

#endif
