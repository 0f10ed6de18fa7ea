// SPDX-License-Identifier: Apache-2.0
/* Elements of BPF maps, and descriptors. The caller knows the sizes of key and value; the kernel trusts it. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "binding.h"

static bool read_bytes(napi_env env, napi_value value, void **bytes)
{
	napi_typedarray_type type;

	if (!napi_get_typedarray_info(env, value, &type, NULL, bytes, NULL, NULL) && type == napi_uint8_array)
		return true;
	napi_throw_type_error(env, NULL, "not a Uint8Array");
	return false;
}

/* setElement(map: fd, key: Uint8Array, value: Uint8Array): void */
napi_value set_element(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	void *key, *value;
	int32_t map;

	if (!read_arguments(env, info, 3, arguments) || !read_fd(env, arguments[0], &map) ||
	    !read_bytes(env, arguments[1], &key) || !read_bytes(env, arguments[2], &value))
		return NULL;
	clear_libbpf_log();
	if (bpf_map_update_elem(map, key, value, BPF_ANY))
		throw_errno(env, "cannot add to a map of the probe", errno);
	return NULL;
}

/* deleteElement(map: fd, key: Uint8Array): void */
napi_value delete_element(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	int32_t map;
	void *key;

	if (!read_arguments(env, info, 2, arguments) || !read_fd(env, arguments[0], &map) ||
	    !read_bytes(env, arguments[1], &key))
		return NULL;
	clear_libbpf_log();
	if (bpf_map_delete_elem(map, key))
		throw_errno(env, "cannot remove from a map of the probe", errno);
	return NULL;
}

/* takeOver(fd): void; of a BPF object that passed an exec, which must not pass to the children of this process */
napi_value take_over(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	__u8 description[16] = {}; /* of whatever kind it is */
	__u32 size = sizeof(description);
	int32_t fd;

	if (!read_arguments(env, info, 1, arguments) || !read_fd(env, arguments[0], &fd))
		return NULL;
	clear_libbpf_log();
	if (bpf_obj_get_info_by_fd(fd, description, &size) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		throw_errno(env, "cannot take the probe over", errno);
	return NULL;
}

/* close(fd): void */
napi_value close_fd(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	int32_t fd;

	if (read_arguments(env, info, 1, arguments) && read_fd(env, arguments[0], &fd))
		close(fd);
	return NULL;
}
