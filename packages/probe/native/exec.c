// SPDX-License-Identifier: Apache-2.0
/*
 * Goes on as another program, without any privilege. An exec, as capabilities belong to a thread: those of libuv and V8
 * would keep theirs, and an exec ends them.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "binding.h"

#define MAX_FDS 128
#define MAX_STRINGS 1024

/* Copies an array of strings, NULL-terminated; NULL with an error thrown. Never freed: an exec follows. */
static char **read_strings(napi_env env, napi_value array)
{
	char **strings;
	uint32_t count;

	if (napi_get_array_length(env, array, &count) || count > MAX_STRINGS) {
		napi_throw_type_error(env, NULL, "not an array of at most 1024 strings");
		return NULL;
	}
	strings = calloc(count + 1, sizeof(*strings));
	for (uint32_t i = 0; strings && i < count; i++) {
		napi_value value;
		size_t length;

		napi_get_element(env, array, i, &value);
		if (napi_get_value_string_utf8(env, value, NULL, 0, &length)) {
			napi_throw_type_error(env, NULL, "not a string");
			return NULL;
		}
		strings[i] = malloc(length + 1);
		napi_get_value_string_utf8(env, value, strings[i], length + 1, NULL);
	}
	return strings;
}

static bool keep_open(napi_env env, napi_value array)
{
	uint32_t count;

	if (napi_get_array_length(env, array, &count) || count > MAX_FDS) {
		napi_throw_type_error(env, NULL, "not an array of at most 128 file descriptors");
		return false;
	}
	/* Node lets nothing through an exec, not even these. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		fcntl(fd, F_SETFD, 0);
	for (uint32_t i = 0; i < count; i++) {
		napi_value value;
		int32_t fd;

		napi_get_element(env, array, i, &value);
		if (!read_fd(env, value, &fd))
			return false;
		if (fcntl(fd, F_SETFD, 0)) {
			throw_errno(env, "cannot hand over a file descriptor", errno);
			return false;
		}
	}
	return true;
}

static bool keeps(uint64_t kept, int capability)
{
	return kept >> capability & 1;
}

/*
 * Drops all capabilities but the kept ones, if it has these. The order matters: each step needs what a later one takes
 * away. Clearing the bounding set needs CAP_SETPCAP, which an agent started with two capabilities does not have;
 * no_new_privs then does the same for what follows. An exec gives root its bounding set and anybody else the ambient one.
 */
static int drop_privileges(int64_t uid, int64_t gid, uint64_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};

	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (!keeps(kept, capability) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EPERM)
			return -errno;
	if (uid >= 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (gid >= 0 && (setgroups(0, NULL) || setresgid(gid, gid, gid)))
		return -errno;
	if (uid >= 0 && setresuid(uid, uid, uid))
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    syscall(SYS_capget, &header, sets))
		return -errno;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		sets[i].permitted &= (uint32_t)(kept >> 32 * i);
		sets[i].effective = sets[i].inheritable = sets[i].permitted;
	}
	if (syscall(SYS_capset, &header, sets))
		return -errno;
	for (int capability = 0; capability < 64; capability++)
		if (keeps(kept, capability) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) && errno != EPERM)
			return -errno;
	return 0;
}

/*
 * exec(file, arguments: string[], environment: string[], fds: number[], uid, gid, kept): never; -1 keeps uid or gid, and
 * kept has a bit for each capability
 */
napi_value exec_without_privileges(napi_env env, napi_callback_info info)
{
	napi_value arguments[MAX_ARGUMENTS];
	char file[4096], **argv, **envp;
	int64_t uid, gid, kept;
	int err;

	if (!read_arguments(env, info, 7, arguments))
		return NULL;
	if (napi_get_value_string_utf8(env, arguments[0], file, sizeof(file), NULL) ||
	    napi_get_value_int64(env, arguments[4], &uid) || napi_get_value_int64(env, arguments[5], &gid) ||
	    napi_get_value_int64(env, arguments[6], &kept)) {
		napi_throw_type_error(env, NULL, "exec(file, arguments, environment, fds, uid, gid, kept)");
		return NULL;
	}
	argv = read_strings(env, arguments[1]);
	envp = argv ? read_strings(env, arguments[2]) : NULL;
	if (!envp || !keep_open(env, arguments[3]))
		return NULL;
	clear_libbpf_log();
	err = drop_privileges(uid, gid, kept);
	if (!err && execve(file, argv, envp))
		err = -errno;
	throw_errno(env, "cannot go on without privileges", -err);
	return NULL;
}
