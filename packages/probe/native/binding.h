// SPDX-License-Identifier: Apache-2.0
// What the files of the binding share. Arguments are validated in TypeScript; here a wrong type is a TypeError.
#ifndef CONNSCAN_BINDING_H
#define CONNSCAN_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <node_api.h>

#define MAX_ARGUMENTS 7

// Reads exactly `count` arguments, or throws and returns false.
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value arguments[MAX_ARGUMENTS]);

// Reads a file descriptor, or throws and returns false.
bool read_fd(napi_env env, napi_value value, int32_t *fd);

// Throws an Error whose code is the name of the errno, such as EPERM, and whose message ends with what libbpf logged.
void throw_errno(napi_env env, const char *what, int error);

// Microseconds of a jiffy.
int64_t tick_us(void);

// libbpf's print function has neither a context nor a lock, so each thread keeps its own last lines.
void capture_libbpf_log(void);
void clear_libbpf_log(void);
const char *libbpf_log(void);

// probe.c
napi_value load_probe(napi_env env, napi_callback_info info);
napi_value attach_program(napi_env env, napi_callback_info info);
napi_value iterate(napi_env env, napi_callback_info info);
napi_value recursion_misses(napi_env env, napi_callback_info info);

// map.c
napi_value set_element(napi_env env, napi_callback_info info);
napi_value delete_element(napi_env env, napi_callback_info info);
napi_value take_over(napi_env env, napi_callback_info info);
napi_value close_fd(napi_env env, napi_callback_info info);

// pages.c
napi_value map_pages(napi_env env, napi_callback_info info);
napi_value unmap_pages(napi_env env, napi_callback_info info);

// exec.c
napi_value exec_without_privileges(napi_env env, napi_callback_info info);

#endif
