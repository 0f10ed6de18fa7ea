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

void throw_errno(napi_env env, const char *what, int error)
{
	char message[8192];

	snprintf(message, sizeof(message), "%s: %s\n%s", what, strerror(error), libbpf_log());
	napi_throw_error(env, strerrorname_np(error), message);
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
	napi_value page_bytes;

	napi_create_int64(env, sysconf(_SC_PAGESIZE), &page_bytes);
	const napi_property_descriptor properties[] = {
		{ "pageBytes", NULL, NULL, NULL, NULL, page_bytes, napi_enumerable, NULL },
		FUNCTION("bootTimeNs", boot_time_ns),
		FUNCTION("open", open_probe),
		FUNCTION("attach", attach_probe),
		FUNCTION("detach", detach_probe),
		FUNCTION("close", close_probe),
		FUNCTION("setLimits", set_limits),
		FUNCTION("addInternal", add_internal),
		FUNCTION("removeInternal", remove_internal),
		FUNCTION("recursionMisses", recursion_misses),
		FUNCTION("map", map_pages),
		FUNCTION("unmap", unmap_pages),
	};

	capture_libbpf_log();
	napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
	return exports;
}
