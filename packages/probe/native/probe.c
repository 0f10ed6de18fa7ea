// SPDX-License-Identifier: Apache-2.0
/*
 * Loads the probe and gives it away as file descriptors, which are all it lives by: they hold the maps and programs,
 * keep the programs attached, and pass an exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "binding.h"
#include "connscan.h"
#include "connscan.skel.h"

/* Entries of each half of the process table: 1 MiB, or more where one CPU would have fewer than 256 of them. */
#define PROCESS_ENTRIES 4096
#define PROCESS_ENTRIES_PER_CPU 256

/* What open() may load beside the plain probe; the bits are those of src/native.ts. */
enum feature {
	ATTRIBUTION = 1 << 0,
	PATHS = 1 << 1,
	REFUSED = 1 << 2,
	TRACE = 1 << 3, /* instead of the probe */
	LISTENERS = 1 << 4,
};

static uint32_t power_of_two(uint32_t least)
{
	uint32_t power = 1;

	while (power < least)
		power *= 2;
	return power;
}

static int configure_attribution(struct connscan *skeleton, uint32_t cpus)
{
	uint32_t slots = power_of_two(cpus), entries = slots * PROCESS_ENTRIES_PER_CPU;
	int err;

	if (entries < PROCESS_ENTRIES)
		entries = PROCESS_ENTRIES;
	skeleton->rodata->attribution = true;
	skeleton->rodata->cpu_slots = slots;
	skeleton->rodata->process_half = entries;
	err = bpf_map__set_max_entries(skeleton->maps.serials, entries);
	err = err ?: bpf_map__set_max_entries(skeleton->maps.processes, 2 * entries);
	return err ?: bpf_map__set_max_entries(skeleton->maps.paths, entries);
}

static int load(struct connscan *skeleton, uint32_t shards, uint64_t seed, uint32_t features)
{
	int err, cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	skeleton->rodata->hash_seed = seed;
	skeleton->rodata->shards = shards;
	skeleton->rodata->cpus = cpus;
	skeleton->rodata->tick_us = tick_us();
	bpf_program__set_autoload(skeleton->progs.on_set_state, !(features & TRACE));
	bpf_program__set_autoload(skeleton->progs.on_trace, features & TRACE);
	bpf_program__set_autoload(skeleton->progs.on_exec, features & PATHS);
	bpf_program__set_autoload(skeleton->progs.on_refused, features & REFUSED);
	bpf_program__set_autoload(skeleton->progs.on_listener, features & LISTENERS);
	err = bpf_map__set_max_entries(skeleton->maps.counters, COUNTERS * cpus);
	err = err ?: bpf_map__set_max_entries(skeleton->maps.rings, shards);
	err = err ?: features & ATTRIBUTION ? configure_attribution(skeleton, cpus) : 0;
	return err ?: connscan__load(skeleton);
}

/* Makes one ring and gives its descriptor, or -errno. */
static int make_ring(const struct connscan *skeleton, uint32_t shard, uint32_t ring_bytes)
{
	int err, ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "connscan_ring", 0, 0, ring_bytes, NULL);

	if (ring < 0)
		return ring;
	err = bpf_map_update_elem(bpf_map__fd(skeleton->maps.rings), &shard, &ring, BPF_ANY);
	if (err)
		close(ring);
	return err ?: ring;
}

static void set_number(napi_env env, napi_value object, const char *name, int64_t number)
{
	napi_value value;

	napi_create_int64(env, number, &value);
	napi_set_named_property(env, object, name, value);
}

/* Sets a property to a copy of the descriptor that outlives the skeleton. */
static int give(napi_env env, napi_value object, const char *name, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	set_number(env, object, name, copy);
	return 0;
}

/* Fills the result; what it holds after a failure is closed in TypeScript. */
static int give_away(napi_env env, napi_value result, const struct connscan *skeleton, uint32_t shards,
		     uint32_t ring_bytes)
{
	struct bpf_program *program;
	napi_value rings, programs, fd;
	int err;

	set_number(env, result, "cells", bpf_map__max_entries(skeleton->maps.counters));
	set_number(env, result, "processEntries", bpf_map__max_entries(skeleton->maps.processes));
	err = give(env, result, "counters", bpf_map__fd(skeleton->maps.counters));
	err = err ?: give(env, result, "settings", bpf_map__fd(skeleton->maps.data_settings));
	err = err ?: give(env, result, "internal", bpf_map__fd(skeleton->maps.internal));
	err = err ?: give(env, result, "scope", bpf_map__fd(skeleton->maps.scope));
	err = err ?: give(env, result, "processes", bpf_map__fd(skeleton->maps.processes));
	napi_create_object(env, &programs);
	napi_set_named_property(env, result, "programs", programs);
	bpf_object__for_each_program(program, skeleton->obj) {
		if (!err && bpf_program__autoload(program))
			err = give(env, programs, bpf_program__name(program), bpf_program__fd(program));
	}
	napi_create_array(env, &rings);
	napi_set_named_property(env, result, "rings", rings);
	for (uint32_t i = 0; !err && i < shards; i++) {
		int ring = make_ring(skeleton, i, ring_bytes);

		if (ring < 0)
			return ring;
		napi_create_int32(env, ring, &fd);
		napi_set_element(env, rings, i, fd);
	}
	return err;
}

/*
 * Opens and loads it with every signal held back: one that is pending ends the kernel's verifier with EAGAIN, after which
 * libbpf tries five times. That is enough for what cannot be held back, as SIGSTOP, and not for a timer of a profiler.
 */
static int load_undisturbed(struct connscan **skeleton, uint32_t shards, uint64_t seed, uint32_t features)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	*skeleton = connscan__open();
	err = *skeleton ? load(*skeleton, shards, seed, features) : -errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

/*
 * load(shards, ringBytes, seed: bigint, features, result: object): void. Loaded but not attached, so that limits and
 * ranges can be set first. What the result has when this throws is to be closed as well.
 */
napi_value load_probe(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	uint32_t shards, ring_bytes, features;
	struct connscan *skeleton;
	uint64_t seed;
	bool lossless;
	int err;

	if (!read_arguments(env, info, 5, arguments))
		return NULL;
	if (napi_get_value_uint32(env, arguments[0], &shards) || napi_get_value_uint32(env, arguments[1], &ring_bytes) ||
	    napi_get_value_bigint_uint64(env, arguments[2], &seed, &lossless) ||
	    napi_get_value_uint32(env, arguments[3], &features)) {
		napi_throw_type_error(env, NULL, "load(shards, ringBytes, seed: bigint, features, result: object)");
		return NULL;
	}

	clear_libbpf_log();
	err = load_undisturbed(&skeleton, shards, seed, features);
	err = err ?: give_away(env, arguments[4], skeleton, shards, ring_bytes);
	connscan__destroy(skeleton);
	if (err)
		throw_errno(env, "cannot load the probe", -err);
	return NULL;
}

/* attach(program: fd): fd, to be closed to detach it */
napi_value attach_program(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS], result = NULL;
	int32_t program, link;

	if (!read_arguments(env, info, 1, arguments) || !read_fd(env, arguments[0], &program))
		return NULL;
	clear_libbpf_log();
	link = bpf_raw_tracepoint_open(NULL, program);
	if (link < 0)
		throw_errno(env, "cannot attach the probe", errno);
	else
		napi_create_int32(env, link, &result);
	return result;
}

/* iterate(program: fd): void; runs an iterator once */
napi_value iterate(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	int link, iterator, err = 0;
	int32_t program;
	char output[64]; /* it prints nothing */

	if (!read_arguments(env, info, 1, arguments) || !read_fd(env, arguments[0], &program))
		return NULL;
	clear_libbpf_log();
	link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	iterator = link < 0 ? link : bpf_iter_create(link);
	if (iterator < 0)
		err = -iterator;
	while (!err) {
		ssize_t bytes = read(iterator, output, sizeof(output));

		if (!bytes)
			break;
		if (bytes < 0 && errno != EINTR && errno != EAGAIN)
			err = errno;
	}
	if (iterator >= 0)
		close(iterator);
	if (link >= 0)
		close(link);
	if (err)
		throw_errno(env, "cannot look for listeners", err);
	return NULL;
}

/* recursionMisses(program: fd): events the kernel did not show it, as it was already at work on that CPU */
napi_value recursion_misses(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS], result = NULL;
	struct bpf_prog_info program = {};
	__u32 size = sizeof(program);
	int32_t fd;

	if (!read_arguments(env, info, 1, arguments) || !read_fd(env, arguments[0], &fd))
		return NULL;
	clear_libbpf_log();
	if (bpf_obj_get_info_by_fd(fd, &program, &size))
		throw_errno(env, "cannot read the probe's statistics", errno);
	else
		napi_create_int64(env, program.recursion_misses, &result);
	return result;
}
