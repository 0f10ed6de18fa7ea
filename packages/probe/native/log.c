// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "binding.h"

static _Thread_local char log[4096];
static _Thread_local size_t used;

// Keeps the newest half when full: the reason of a refusal comes last.
static void make_room(void)
{
	const size_t half = sizeof(log) / 2;

	if (used < half)
		return;
	memmove(log, log + used - half, half);
	used = half;
}

static int append(enum libbpf_print_level level, const char *format, va_list arguments)
{
	int written;

	if (level == LIBBPF_DEBUG)
		return 0;
	make_room();
	written = vsnprintf(log + used, sizeof(log) - used, format, arguments);
	if (written > 0)
		used += strnlen(log + used, sizeof(log) - used);
	return written;
}

void capture_libbpf_log(void)
{
	libbpf_set_print(append);
}

void clear_libbpf_log(void)
{
	used = 0;
	log[0] = '\0';
}

const char *libbpf_log(void)
{
	return log;
}

// Debian's libbpf.a is not compiled for shared objects. All that hinders is one mention of stderr, in the print function
// replaced above, so the Makefile lets the linker take this for it.
FILE *__wrap_stderr;
