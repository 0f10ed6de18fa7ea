/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side of the tests' connections, with the socket options that Node does not offer. `peer IPV4 IPV6`, the addresses
 * of the other side, reads one step per line, does it, and answers "ok" or the name of the errno.
 *
 *   case PORT                 forgets all sockets; the port of the steps that follow
 *   listen [OPTION..]         v6, backlog=N, defer, fastopen, mptcp
 *   connect [OPTION..]        v6, mapped, nobody (an address nobody has), from=PORT, lazy (sends its ACK late),
 *                             timeout=MS, small (takes few bytes), fastopen=BYTES, unwritten (a fast open without a byte),
 *                             mptcp
 *   begin [OPTION..]          connect, without waiting for the answer
 *   queued N, accept, drop    wait for N connections to accept; accept one; close the listener
 *   send N, receive N, flood  flood sends as much as goes without waiting
 *   shutdown, close, abort    a FIN; close as it comes; close by a reset
 *   until STATE, readable, age MS (since the last send or the opening), subflows N
 *   burst N                   connect and abort, N times
 *
 * Steps work on the connection that was opened last.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOL_MPTCP 284
#define MPTCP_INFO 1

#define MAX_SOCKETS 16
#define MAX_BYTES 65536

/* No step waits longer. */
#define PATIENCE_MS 10000

struct options {
	int v6, mapped, nobody, defer, fastopen, unwritten, mptcp, lazy, small, backlog, from, timeout;
};

static const char *other_ipv4, *other_ipv6;
static int port, listener = -1, sockets[MAX_SOCKETS], opened;

static int connection(void)
{
	return opened ? sockets[opened - 1] : -1;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int parse(char *words, struct options *to)
{
	const struct {
		const char *name;
		int *value;
	} known[] = {
		{ "v6", &to->v6 },           { "mapped", &to->mapped },       { "nobody", &to->nobody }, { "defer", &to->defer },
		{ "fastopen", &to->fastopen }, { "unwritten", &to->unwritten }, { "mptcp", &to->mptcp },   { "lazy", &to->lazy },
		{ "backlog", &to->backlog }, { "from", &to->from },           { "timeout", &to->timeout }, { "small", &to->small },
	};
	const size_t options = sizeof(known) / sizeof(*known);

	*to = (struct options){ .backlog = 128 };
	for (char *word; (word = strsep(&words, " "));) {
		char *name = strsep(&word, "=");
		size_t i = 0;

		while (i < options && strcmp(name, known[i].name))
			i++;
		if (i == options) {
			errno = EINVAL;
			return -1;
		}
		*known[i].value = word ? atoi(word) : 1;
	}
	return 0;
}

static int open_socket(const struct options *with, int type)
{
	int family = with->v6 || with->mapped ? AF_INET6 : AF_INET, fd = -1;

	if (with->mptcp)
		fd = socket(family, type, IPPROTO_MPTCP);
	/* Also where this kernel has no MPTCP. */
	if (fd < 0)
		fd = socket(family, type, 0);
	return fd;
}

static socklen_t address_of(const struct options *with, const char *ipv4, const char *ipv6, int of_port,
			    struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;

	memset(to, 0, sizeof(*to));
	if (!with->v6 && !with->mapped) {
		*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(of_port) };
		inet_pton(AF_INET, ipv4, &in->sin_addr);
		return sizeof(*in);
	}
	*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(of_port) };
	inet_pton(AF_INET6, ipv6, &in6->sin6_addr);
	if (with->mapped) {
		in6->sin6_addr.s6_addr32[0] = in6->sin6_addr.s6_addr32[1] = 0;
		in6->sin6_addr.s6_addr32[2] = htonl(0xffff);
		inet_pton(AF_INET, ipv4, &in6->sin6_addr.s6_addr32[3]);
	}
	return sizeof(*in6);
}

static int listen_with(const struct options *with)
{
	struct sockaddr_storage any;
	socklen_t length = address_of(with, "0.0.0.0", "::", port, &any);

	listener = open_socket(with, SOCK_STREAM);
	set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (with->defer && set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60))
		return -1;
	if (with->fastopen && set(listener, IPPROTO_TCP, TCP_FASTOPEN, 16))
		return -1;
	return bind(listener, (void *)&any, length) || listen(listener, with->backlog) ? -1 : 0;
}

static int prepare(int fd, const struct options *with)
{
	const struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	struct sockaddr_storage own;
	socklen_t length = address_of(with, "0.0.0.0", "::", with->from, &own);

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return -1;
	if (with->from && (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) || bind(fd, (void *)&own, length)))
		return -1;
	if (with->lazy && set(fd, IPPROTO_TCP, TCP_QUICKACK, 0))
		return -1;
	if (with->small && set(fd, SOL_SOCKET, SO_RCVBUF, 1))
		return -1;
	if (with->timeout && set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, with->timeout))
		return -1;
	return with->unwritten ? set(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1) : 0;
}

static int connect_with(const struct options *with, bool waits)
{
	static const char bytes[MAX_BYTES];
	struct sockaddr_storage to;
	socklen_t length = address_of(with, with->nobody ? "10.77.0.99" : other_ipv4, other_ipv6, port, &to);
	int fd, result;

	if (opened == MAX_SOCKETS) {
		errno = EMFILE;
		return -1;
	}
	fd = sockets[opened++] = open_socket(with, waits ? SOCK_STREAM : SOCK_STREAM | SOCK_NONBLOCK);
	if (prepare(fd, with))
		return -1;
	if (with->fastopen)
		result = sendto(fd, bytes, with->fastopen, MSG_FASTOPEN, (void *)&to, length);
	else
		result = connect(fd, (void *)&to, length);
	return result < 0 && (waits || errno != EINPROGRESS) ? -1 : 0;
}

static int accept_one(void)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };

	if (opened == MAX_SOCKETS || poll(&waiting, 1, PATIENCE_MS) != 1) {
		errno = ETIME;
		return -1;
	}
	sockets[opened] = accept(listener, NULL, NULL);
	return sockets[opened] < 0 ? -1 : (opened++, 0);
}

/* Leaves the descriptor's number behind: no step may use it again. */
static int close_connection(bool by_reset)
{
	struct linger none = { .l_onoff = 1 };
	int fd = connection();

	if (by_reset && setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)))
		return -1;
	sockets[opened - 1] = -1;
	return close(fd);
}

static int send_bytes(int bytes)
{
	static const char zeros[MAX_BYTES];

	return send(connection(), zeros, bytes, MSG_NOSIGNAL) == bytes ? 0 : -1;
}

static int flood(void)
{
	static const char zeros[MAX_BYTES];

	while (send(connection(), zeros, sizeof(zeros), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	return errno == EAGAIN ? 0 : -1;
}

static int receive_bytes(int bytes)
{
	static char buffer[MAX_BYTES];
	struct pollfd waiting = { .fd = connection(), .events = POLLIN };

	while (bytes > 0) {
		ssize_t received = poll(&waiting, 1, PATIENCE_MS) == 1 ? recv(connection(), buffer, bytes, 0) : 0;

		if (received <= 0)
			return -1;
		bytes -= received;
	}
	return 0;
}

static bool is_in_state(const char *name)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "established", [TCP_FIN_WAIT1] = "fin_wait1",   [TCP_FIN_WAIT2] = "fin_wait2",
		[TCP_CLOSE] = "closed",            [TCP_CLOSE_WAIT] = "close_wait", [TCP_CLOSING] = "closing",
	};
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	if (getsockopt(connection(), IPPROTO_TCP, TCP_INFO, &info, &length))
		return false;
	return info.tcpi_state < sizeof(names) / sizeof(*names) && !strcmp(names[info.tcpi_state] ?: "", name);
}

static bool has_queued(const char *connections)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	/* A listener gives its accept queue here. */
	if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length))
		return false;
	return info.tcpi_unacked == (unsigned)atoi(connections);
}

static bool has_age(const char *ms)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	if (getsockopt(connection(), IPPROTO_TCP, TCP_INFO, &info, &length))
		return false;
	return info.tcpi_last_data_sent >= (unsigned)atoi(ms);
}

static bool has_subflows(const char *wanted)
{
	unsigned char info[256] = {};
	socklen_t length = sizeof(info);

	/* The first byte counts those after the first subflow. */
	return !getsockopt(connection(), SOL_MPTCP, MPTCP_INFO, info, &length) && info[0] + 1 == atoi(wanted);
}

static int wait_until(bool (*holds)(const char *), const char *what)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int waited = 0; waited < PATIENCE_MS; waited++) {
		if (holds(what))
			return 0;
		nanosleep(&ms, NULL);
	}
	errno = ETIME;
	return -1;
}

static int wait_readable(void)
{
	struct pollfd waiting = { .fd = connection(), .events = POLLIN };

	return poll(&waiting, 1, PATIENCE_MS) == 1 ? 0 : -1;
}

static int burst(int connections)
{
	const struct options plain = {};

	for (int i = 0; i < connections; i++) {
		if (connect_with(&plain, true) || close_connection(true))
			return -1;
		opened--;
	}
	return 0;
}

static int drop_listener(void)
{
	int fd = listener;

	listener = -1;
	return close(fd);
}

static int forget(void)
{
	if (listener >= 0)
		drop_listener();
	while (opened)
		close(sockets[--opened]);
	return 0;
}

static int do_step(const char *step, char *rest)
{
	const char *what = rest ?: "";
	struct options options;

	if (!strcmp(step, "case"))
		return port = atoi(what), forget();
	if (!strcmp(step, "listen"))
		return parse(rest, &options) ?: listen_with(&options);
	if (!strcmp(step, "connect") || !strcmp(step, "begin"))
		return parse(rest, &options) ?: connect_with(&options, *step == 'c');
	if (!strcmp(step, "queued"))
		return wait_until(has_queued, what);
	if (!strcmp(step, "accept"))
		return accept_one();
	if (!strcmp(step, "drop"))
		return drop_listener();
	if (!strcmp(step, "send"))
		return send_bytes(atoi(what));
	if (!strcmp(step, "flood"))
		return flood();
	if (!strcmp(step, "receive"))
		return receive_bytes(atoi(what));
	if (!strcmp(step, "shutdown"))
		return shutdown(connection(), SHUT_WR);
	if (!strcmp(step, "close") || !strcmp(step, "abort"))
		return close_connection(*step == 'a');
	if (!strcmp(step, "until"))
		return wait_until(is_in_state, what);
	if (!strcmp(step, "readable"))
		return wait_readable();
	if (!strcmp(step, "age"))
		return wait_until(has_age, what);
	if (!strcmp(step, "subflows"))
		return wait_until(has_subflows, what);
	if (!strcmp(step, "burst"))
		return burst(atoi(what));
	errno = ENOSYS;
	return -1;
}

int main(int argc, char **argv)
{
	char line[256];

	if (argc != 3)
		return 2;
	other_ipv4 = argv[1];
	other_ipv6 = argv[2];
	setlinebuf(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line, *step;

		line[strcspn(line, "\n")] = 0;
		step = strsep(&rest, " ");
		puts(do_step(step, rest) ? strerrorname_np(errno) : "ok");
	}
	return 0;
}
