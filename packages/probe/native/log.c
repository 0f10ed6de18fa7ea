// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "binding.h"

#define HALF 2048

static _Thread_local char lines[2 * HALF];
static _Thread_local size_t used;

// Keeps the end of all that was logged, and of a long message such as the verifier's: the reason comes last.
static int append(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t kept;
	char *message;
	int length;

	if (level == LIBBPF_DEBUG)
		return 0;
	length = vasprintf(&message, format, arguments);
	if (length < 0)
		return length;
	if (used > HALF) {
		memmove(lines, lines + used - HALF, HALF);
		used = HALF;
	}
	kept = length < HALF ? length : HALF - 1;
	memcpy(lines + used, message + length - kept, kept + 1);
	used += kept;
	free(message);
	return length;
}

void capture_libbpf_log(void)
{
	libbpf_set_print(append);
}

void clear_libbpf_log(void)
{
	used = 0;
	lines[0] = '\0';
}

const char *libbpf_log(void)
{
	return lines;
}

// Debian's libbpf.a is not compiled for shared objects. All that hinders is one mention of stderr, in the print
// function replaced above, so the Makefile lets the linker take this for it.
FILE *__wrap_stderr;
