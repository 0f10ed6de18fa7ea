// SPDX-License-Identifier: Apache-2.0
// The door of the binding: its functions by name, and what they share. No state: every worker thread may load it.
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "binding.h"

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value arguments[MAX_ARGUMENTS])
{
	size_t given = MAX_ARGUMENTS;

	napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
	if (given == count)
		return true;
	napi_throw_type_error(env, NULL, "wrong number of arguments");
	return false;
}

bool read_fd(napi_env env, napi_value value, int32_t *fd)
{
	if (!napi_get_value_int32(env, value, fd) && *fd >= 0)
		return true;
	napi_throw_type_error(env, NULL, "not a file descriptor");
	return false;
}

void throw_errno(napi_env env, const char *what, int error)
{
	char message[8192];

	snprintf(message, sizeof(message), "%s: %s\n%s", what, strerror(error), libbpf_log());
	napi_throw_error(env, strerrorname_np(error), message);
}

int64_t tick_us(void)
{
	struct timespec tick;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick); // its resolution is one jiffy
	return tick.tv_nsec / 1000;
}

static napi_value boot_time_ns(napi_env env, napi_callback_info info)
{
	struct timespec now;
	napi_value result;

	(void)info;
	clock_gettime(CLOCK_BOOTTIME, &now);
	napi_create_bigint_int64(env, now.tv_sec * 1000000000LL + now.tv_nsec, &result);
	return result;
}

#define FUNCTION(name, function) { name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }

NAPI_MODULE_INIT()
{
	napi_value page_bytes, tick;

	napi_create_int64(env, sysconf(_SC_PAGESIZE), &page_bytes);
	napi_create_int64(env, tick_us(), &tick);
	const napi_property_descriptor properties[] = {
		{ "pageBytes", NULL, NULL, NULL, NULL, page_bytes, napi_enumerable, NULL },
		{ "tickUs", NULL, NULL, NULL, NULL, tick, napi_enumerable, NULL },
		FUNCTION("bootTimeNs", boot_time_ns),
		FUNCTION("load", load_probe),
		FUNCTION("attach", attach_program),
		FUNCTION("iterate", iterate),
		FUNCTION("recursionMisses", recursion_misses),
		FUNCTION("setElement", set_element),
		FUNCTION("deleteElement", delete_element),
		FUNCTION("takeOver", take_over),
		FUNCTION("close", close_fd),
		FUNCTION("exec", exec_without_privileges),
		FUNCTION("map", map_pages),
		FUNCTION("unmap", unmap_pages),
	};

	capture_libbpf_log();
	napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
	return exports;
}
