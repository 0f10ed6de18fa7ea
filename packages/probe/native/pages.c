// SPDX-License-Identifier: Apache-2.0
/*
 * Pages of a BPF map as an ArrayBuffer. Its finalizer is the only munmap() and Node runs it once: after unmap(), after
 * garbage collection or when the thread's environment ends, and always with the ArrayBuffer detached, so that a view
 * left behind has length 0. TypeScript must not write to pages mapped read-only: that is a SIGSEGV.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include "binding.h"

static void unmap(napi_env env, void *pages, void *bytes)
{
	(void)env;
	munmap(pages, (size_t)(uintptr_t)bytes);
}

// map(fd, offset, bytes, writable): ArrayBuffer
napi_value map_pages(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS], buffer = NULL;
	int64_t offset, bytes;
	int32_t fd;
	bool writable;
	void *pages;

	if (!read_arguments(env, info, 4, arguments))
		return NULL;
	if (napi_get_value_int32(env, arguments[0], &fd) || napi_get_value_int64(env, arguments[1], &offset) ||
	    napi_get_value_int64(env, arguments[2], &bytes) || napi_get_value_bool(env, arguments[3], &writable)) {
		napi_throw_type_error(env, NULL, "map(fd: number, offset: number, bytes: number, writable: boolean)");
		return NULL;
	}

	clear_libbpf_log();
	pages = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, offset);
	if (pages == MAP_FAILED) {
		throw_errno(env, "cannot map pages of a BPF map", errno);
		return NULL;
	}
	// After any other failure Node has already taken the pages, and may have unmapped them.
	if (napi_create_external_arraybuffer(env, pages, bytes, unmap, (void *)(uintptr_t)bytes, &buffer) ==
	    napi_no_external_buffers_allowed) {
		munmap(pages, bytes);
		napi_throw_error(env, "ENOTSUP", "this JavaScript runtime does not allow external ArrayBuffers");
	}
	return buffer;
}

// unmap(buffer: ArrayBuffer): void
napi_value unmap_pages(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];

	if (!read_arguments(env, info, 1, arguments))
		return NULL;
	if (napi_detach_arraybuffer(env, arguments[0]))
		napi_throw_type_error(env, NULL, "unmap(buffer: ArrayBuffer)");
	return NULL;
}
