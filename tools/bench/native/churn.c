// SPDX-License-Identifier: Apache-2.0
/*
 * Opens and closes TCP connections as fast as it can, in a network namespace of its own that ends with it.
 * churn THREADS reads lines `KIND MILLISECONDS [PER_SECOND]` and answers `CONNECTIONS NANOSECONDS`. PER_SECOND is for all threads
 * together; as many as it can if left out. KIND is `talking`, `silent`, or `spread`: silent ones, each between two other hosts.
 *
 * A thread plays both sides of its connections, so that nothing waits for the scheduler. Both run on the loopback
 * interface, but between two addresses of 10.0.0.0/8, which the probe takes for two hosts. There is no TIME_WAIT
 * (tcp_max_tw_buckets is 0), so that ports never run out: a side that read to the end goes FIN_WAIT2 -> CLOSE either way.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64
#define PAYLOAD_BYTES 100

struct churn {
	struct sockaddr_in source, target;
	int listener;
	uint32_t seed;
	bool talking, spread;
	uint64_t end_ns;
	uint64_t interval_ns; /* 0: without a pause */
	uint64_t connections;
	pthread_t thread;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void write_setting(const char *path, const char *value)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, value, strlen(value)) < 0)
		err(1, "%s", path);
	close(file);
}

/* On the loopback interface an address of 10.0.0.0/8 makes the whole range local. */
static void enter_namespace(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	struct sockaddr_in *address = (struct sockaddr_in *)&lo.ifr_addr;
	int any;

	if (unshare(CLONE_NEWNET))
		err(1, "cannot make a network namespace");
	any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x0a000001);
	if (any < 0 || ioctl(any, SIOCSIFADDR, &lo))
		err(1, "cannot set the address of lo");
	lo.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	if (ioctl(any, SIOCSIFFLAGS, &lo))
		err(1, "cannot set lo up");
	close(any);
	write_setting("/proc/sys/net/ipv4/tcp_max_tw_buckets", "0");
}

static void sleep_until(uint64_t ns)
{
	struct timespec when = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

/* The thread's own two hosts: 10.1.n.1 calls 10.1.n.2. Its listener takes calls to any host, at a port of its own. */
static void listen_as(struct churn *churn, int number)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(80 + number) };

	churn->seed = number + 1;
	churn->source.sin_family = churn->target.sin_family = AF_INET;
	churn->source.sin_addr.s_addr = htonl(0x0a010001 | number << 8);
	churn->target.sin_addr.s_addr = htonl(0x0a010002 | number << 8);
	churn->target.sin_port = any.sin_port;
	churn->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (churn->listener < 0 || bind(churn->listener, (void *)&any, sizeof(any)) ||
	    listen(churn->listener, 16))
		err(1, "cannot listen");
}

static void say(int from, int to)
{
	char payload[PAYLOAD_BYTES] = {};

	if (send(from, payload, sizeof(payload), 0) != sizeof(payload) ||
	    recv(to, payload, sizeof(payload), MSG_WAITALL) != sizeof(payload))
		err(1, "payload");
}

/* Any of the 8 million hosts of 10.128.0.0/9; xorshift32. */
static in_addr_t any_host(struct churn *churn)
{
	churn->seed ^= churn->seed << 13;
	churn->seed ^= churn->seed >> 17;
	churn->seed ^= churn->seed << 5;
	return htonl(0x0a800000 | churn->seed >> 9);
}

static void connect_once(const struct churn *churn)
{
	int originator, responder, yes = 1;
	char end;

	originator = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (originator < 0 || setsockopt(originator, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)) ||
	    bind(originator, (void *)&churn->source, sizeof(churn->source)) ||
	    connect(originator, (void *)&churn->target, sizeof(churn->target)))
		err(1, "connect");
	responder = accept4(churn->listener, NULL, NULL, SOCK_CLOEXEC);
	if (responder < 0)
		err(1, "accept");
	if (churn->talking) {
		say(originator, responder);
		say(responder, originator);
	}
	/* Not yet close(): an orphan in FIN_WAIT2 is kept as TIME_WAIT, without which the responder would get a reset. */
	if (shutdown(originator, SHUT_WR) || recv(responder, &end, 1, 0) != 0)
		err(1, "shutdown");
	close(responder);
	close(originator);
}

static void *run(void *argument)
{
	struct churn *churn = argument, other = *churn;
	uint64_t due_ns = now_ns();

	for (churn->connections = 0; now_ns() < churn->end_ns; churn->connections++) {
		if (churn->spread) {
			other.source.sin_addr.s_addr = any_host(churn);
			other.target.sin_addr.s_addr = any_host(churn);
		}
		connect_once(&other);
		if (!churn->interval_ns)
			continue;
		due_ns += churn->interval_ns;
		/* Some at a time, as a timer for each would cost as much as the connection. */
		if (due_ns > now_ns() + 1000000)
			sleep_until(due_ns);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct churn churns[MAX_THREADS];
	int threads = argc == 2 ? atoi(argv[1]) : 0;
	char line[64], kind[16];
	unsigned int ms, per_second;

	if (threads < 1 || threads > MAX_THREADS)
		errx(2, "usage: churn THREADS");
	enter_namespace();
	for (int i = 0; i < threads; i++)
		listen_as(&churns[i], i);

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t start_ns = now_ns(), connections = 0;

		per_second = 0;
		if (sscanf(line, "%15s %u %u", kind, &ms, &per_second) < 2)
			errx(2, "KIND MILLISECONDS [PER_SECOND], not %s", line);

		for (int i = 0; i < threads; i++) {
			churns[i].talking = strcmp(kind, "talking") == 0;
			churns[i].spread = strcmp(kind, "spread") == 0;
			churns[i].interval_ns = per_second ? 1000000000ULL * threads / per_second : 0;
			churns[i].end_ns = start_ns + ms * 1000000ULL;
			if (pthread_create(&churns[i].thread, NULL, run, &churns[i]))
				errx(1, "cannot start a thread");
		}
		for (int i = 0; i < threads; i++) {
			pthread_join(churns[i].thread, NULL);
			connections += churns[i].connections;
		}
		printf("%lu %lu\n", connections, now_ns() - start_ns);
		fflush(stdout);
	}
	return 0;
}
