// SPDX-License-Identifier: Apache-2.0
/* The loaded probe: a handle that owns the skeleton and the rings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "binding.h"
#include "connscan.h"
#include "connscan.skel.h"

struct probe {
	struct connscan *skeleton; /* NULL once closed */
	uint32_t ring_count;
	int rings[]; /* file descriptors, -1 where not made */
};

struct internal_key {
	__u32 prefix_bits;
	__u8 address[16];
};

static void close_rings(struct probe *probe)
{
	for (uint32_t i = 0; i < probe->ring_count; i++) {
		if (probe->rings[i] >= 0)
			close(probe->rings[i]);
		probe->rings[i] = -1;
	}
}

static void close_once(struct probe *probe)
{
	connscan__destroy(probe->skeleton); /* detaches; NULL is fine */
	probe->skeleton = NULL;
	close_rings(probe);
}

static void finalize(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	close_once(data);
	free(data);
}

/* The probe of a handle that is open, or NULL with an error thrown. */
static struct probe *open_handle(napi_env env, napi_value handle)
{
	struct probe *probe = NULL;

	if (napi_get_value_external(env, handle, (void **)&probe))
		napi_throw_type_error(env, NULL, "not a probe");
	else if (!probe->skeleton)
		napi_throw_error(env, "EBADF", "the probe is closed");
	else
		return probe;
	return NULL;
}

static uint32_t tick_us(void)
{
	struct timespec tick;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick); /* its resolution is one jiffy */
	return tick.tv_nsec / 1000;
}

static int load(struct connscan *skeleton, uint32_t shards, uint64_t seed)
{
	int err, cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	skeleton->rodata->hash_seed = seed;
	skeleton->rodata->shards = shards;
	skeleton->rodata->tick_us = tick_us();
	err = bpf_map__set_max_entries(skeleton->maps.counters, cpus);
	err = err ?: bpf_map__set_max_entries(skeleton->maps.rings, shards);
	return err ?: connscan__load(skeleton);
}

static int make_rings(struct probe *probe, uint32_t ring_bytes)
{
	int rings = bpf_map__fd(probe->skeleton->maps.rings);

	for (uint32_t i = 0; i < probe->ring_count; i++) {
		probe->rings[i] = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "connscan_ring", 0, 0, ring_bytes, NULL);
		if (probe->rings[i] < 0)
			return probe->rings[i];
		int err = bpf_map_update_elem(rings, &i, &probe->rings[i], BPF_ANY);
		if (err)
			return err;
	}
	return 0;
}

/* { handle, rings, counters, cpus }: rings and counters are file descriptors, valid until close(). */
static napi_value describe(napi_env env, struct probe *probe, napi_value handle)
{
	const struct bpf_map *counters = probe->skeleton->maps.counters;
	napi_value result, rings, value;

	napi_create_object(env, &result);
	napi_set_named_property(env, result, "handle", handle);
	napi_create_array_with_length(env, probe->ring_count, &rings);
	for (uint32_t i = 0; i < probe->ring_count; i++) {
		napi_create_int32(env, probe->rings[i], &value);
		napi_set_element(env, rings, i, value);
	}
	napi_set_named_property(env, result, "rings", rings);
	napi_create_int32(env, bpf_map__fd(counters), &value);
	napi_set_named_property(env, result, "counters", value);
	napi_create_uint32(env, bpf_map__max_entries(counters), &value);
	napi_set_named_property(env, result, "cpus", value);
	return result;
}

/* open(shards, ringBytes, seed: bigint): loaded but not attached, so that limits and ranges can be set first. */
napi_value open_probe(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS], handle;
	uint32_t shards, ring_bytes;
	struct probe *probe;
	uint64_t seed;
	bool lossless;
	int err;

	if (!read_arguments(env, info, 3, arguments))
		return NULL;
	if (napi_get_value_uint32(env, arguments[0], &shards) || napi_get_value_uint32(env, arguments[1], &ring_bytes) ||
	    napi_get_value_bigint_uint64(env, arguments[2], &seed, &lossless)) {
		napi_throw_type_error(env, NULL, "open(shards: number, ringBytes: number, seed: bigint)");
		return NULL;
	}

	clear_libbpf_log();
	probe = malloc(sizeof(*probe) + shards * sizeof(probe->rings[0]));
	if (!probe) {
		throw_errno(env, "cannot open the probe", ENOMEM);
		return NULL;
	}
	probe->ring_count = shards;
	memset(probe->rings, -1, shards * sizeof(probe->rings[0]));
	probe->skeleton = connscan__open();
	err = probe->skeleton ? load(probe->skeleton, shards, seed) : -errno;
	err = err ?: make_rings(probe, ring_bytes);
	if (err || napi_create_external(env, probe, finalize, NULL, &handle)) {
		throw_errno(env, "cannot load the probe", err ? -err : ENOMEM);
		close_once(probe);
		free(probe);
		return NULL;
	}
	return describe(env, probe, handle);
}

/* attach(handle): void */
napi_value attach_probe(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	struct probe *probe;
	int err;

	if (!read_arguments(env, info, 1, arguments) || !(probe = open_handle(env, arguments[0])))
		return NULL;
	clear_libbpf_log();
	err = connscan__attach(probe->skeleton);
	if (err)
		throw_errno(env, "cannot attach the probe", -err);
	return NULL;
}

/* detach(handle): void; what is in the rings and the counters stays to be read */
napi_value detach_probe(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	struct probe *probe;

	if (read_arguments(env, info, 1, arguments) && (probe = open_handle(env, arguments[0])))
		connscan__detach(probe->skeleton);
	return NULL;
}

/* close(handle): void; a closed handle stays closed */
napi_value close_probe(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	struct probe *probe;

	if (!read_arguments(env, info, 1, arguments))
		return NULL;
	if (napi_get_value_external(env, arguments[0], (void **)&probe))
		napi_throw_type_error(env, NULL, "not a probe");
	else
		close_once(probe);
	return NULL;
}

/* setLimits(handle, maxOriginatorBytes, maxLifetimeSeconds): void; the running probe sees each at once */
napi_value set_limits(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	struct connscan_settings *settings;
	struct probe *probe;
	uint32_t bytes, seconds, ticks;

	if (!read_arguments(env, info, 3, arguments) || !(probe = open_handle(env, arguments[0])))
		return NULL;
	if (napi_get_value_uint32(env, arguments[1], &bytes) || napi_get_value_uint32(env, arguments[2], &seconds)) {
		napi_throw_type_error(env, NULL, "setLimits(handle, maxOriginatorBytes: number, maxLifetimeSeconds: number)");
		return NULL;
	}
	settings = &probe->skeleton->bss->settings;
	ticks = seconds * 1000000ULL / probe->skeleton->rodata->tick_us;
	__atomic_store_n(&settings->max_originator_bytes, bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&settings->max_lifetime_ticks, ticks, __ATOMIC_RELAXED);
	return NULL;
}

/* The shared half of (handle, address: Uint8Array of 16 bytes, prefixBits); false with an error thrown. */
static struct probe *read_internal(napi_env env, napi_callback_info info, struct internal_key *key)
{
	napi_value arguments[MAX_ARGUMENTS];
	napi_typedarray_type type;
	struct probe *probe;
	size_t length;
	void *bytes;

	if (!read_arguments(env, info, 3, arguments) || !(probe = open_handle(env, arguments[0])))
		return NULL;
	if (napi_get_typedarray_info(env, arguments[1], &type, &length, &bytes, NULL, NULL) ||
	    type != napi_uint8_array || length != sizeof(key->address) ||
	    napi_get_value_uint32(env, arguments[2], &key->prefix_bits)) {
		napi_throw_type_error(env, NULL, "(handle, address: Uint8Array of 16 bytes, prefixBits: number)");
		return NULL;
	}
	memcpy(key->address, bytes, sizeof(key->address));
	clear_libbpf_log();
	return probe;
}

napi_value add_internal(napi_env env, napi_callback_info info)
{
	struct internal_key key;
	struct probe *probe = read_internal(env, info, &key);
	__u8 present = 1;

	if (probe && bpf_map_update_elem(bpf_map__fd(probe->skeleton->maps.internal), &key, &present, BPF_ANY))
		throw_errno(env, "cannot add an internal address range", errno);
	return NULL;
}

napi_value remove_internal(napi_env env, napi_callback_info info)
{
	struct internal_key key;
	struct probe *probe = read_internal(env, info, &key);

	if (probe && bpf_map_delete_elem(bpf_map__fd(probe->skeleton->maps.internal), &key))
		throw_errno(env, "cannot remove an internal address range", errno);
	return NULL;
}

/* recursionMisses(handle): transitions the kernel did not show, as the probe was already at work on that CPU */
napi_value recursion_misses(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS], result = NULL;
	struct bpf_prog_info program = {};
	__u32 size = sizeof(program);
	struct probe *probe;

	if (!read_arguments(env, info, 1, arguments) || !(probe = open_handle(env, arguments[0])))
		return NULL;
	clear_libbpf_log();
	if (bpf_obj_get_info_by_fd(bpf_program__fd(probe->skeleton->progs.on_set_state), &program, &size))
		throw_errno(env, "cannot read the probe's statistics", errno);
	else
		napi_create_int64(env, program.recursion_misses, &result);
	return result;
}
