/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which process opened a connection, and which one listened for it. At CLOSE->SYN_SENT `current` is the caller of connect(),
 * or of sendmsg() with fast open, at CLOSE->LISTEN that of listen(); at the end it may be anybody. Two tables keep the
 * serial of the process in between. Socket storage would do both, but is allocated and freed with every connection,
 * which cost 5 to 8 % of the connection rate.
 */
#ifndef CONNSCAN_PROCESS_H
#define CONNSCAN_PROCESS_H

#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "address.h"
#include "connscan.h"
#include "types.h"

/* Set by user space before loading. */
const volatile bool attribution = false; /* where false, the verifier removes all of this */
const volatile __u32 cpu_slots = 1;	 /* possible CPUs, rounded up to a power of two */
const volatile __u32 process_half = 1;	 /* half the entries of `processes`, a multiple of cpu_slots */

/*
 * Why a process is in the table. Each has its half, as those that connect come and go and would overwrite a listener
 * that is there for years.
 */
enum purpose {
	CONNECTS,
	LISTENS,
};

/*
 * Names one program of one process for ever: threads share it, an exec changes it, and start times tell processes with
 * the same number apart.
 */
struct process_key {
	__u64 started_ns;
	__u64 exec_id;
	__u32 tgid;
	__u32 purpose;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* as many as `processes`, set before loading */
	__type(key, struct process_key);
	__type(value, __u64); /* serial */
} serials SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set before loading */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct connscan_process);
} processes SEC(".maps");

/* By the address of the socket, from connect() to the end. Beyond 65,536 open connections the process is unknown. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64); /* serial */
} openers SEC(".maps");

struct service {
	union connscan_address address; /* all zeros is any; IPv4 as ::ffff:a.b.c.d, also where it is any */
	__u32 netns;
	__u32 port;
};

/* Beyond 8,192 listening sockets the process is unknown. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct service);
	__type(value, __u64); /* serial; 0 where processes share the port */
} listeners SEC(".maps");

/*
 * A program in memory. A fork shares the `struct file` of its program until it execs, whoever of its ancestors is left,
 * so that this finds the path of both. The kernel may give the address to another file later: the inode tells.
 */
struct image_key {
	__u64 file;
	__u64 inode;
	__u64 inode_number;
};

struct exe_path {
	__u64 words[CONNSCAN_EXE_BYTES / 8]; /* as words are what is copied at once */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* as many as `processes`, set before loading */
	__type(key, struct image_key);
	__type(value, struct exe_path);
} paths SEC(".maps");

static __always_inline struct image_key image_of(const struct task_struct *task)
{
	struct file *file = task->mm->exe_file;

	return (struct image_key){ (__u64)file, (__u64)file->f_inode, file->f_inode->i_ino };
}

static __always_inline struct connscan_process *entry_of(__u64 serial)
{
	__u32 index = serial & (2 * process_half - 1);

	return bpf_map_lookup_elem(&processes, &index);
}

static __always_inline void describe(struct connscan_process *entry, const struct task_struct *task,
				     const struct process_key *key)
{
	const struct task_struct *leader = task->group_leader;
	struct image_key image = image_of(task);
	struct exe_path *path = bpf_map_lookup_elem(&paths, &image);

	entry->started_ns = key->started_ns;
	entry->cgroup_id = leader->cgroups->dfl_cgrp->kn->id;
	entry->tgid = key->tgid;
	entry->parent_tgid = leader->real_parent->tgid;
	entry->uid = leader->cred->uid.val;
	__builtin_memcpy(entry->comm, leader->comm, sizeof(entry->comm));
	if (path)
		*(struct exe_path *)entry->exe = *path;
	else
		entry->exe[0] = '\0';
}

/* Above the index, which is CPU and turn within the half of the purpose, a serial counts how often that came round. */
static __always_inline __u64 next_serial(struct connscan_counters *mine, __u32 purpose)
{
	__u64 drawn = ++mine->processes[purpose & 1] * cpu_slots + bpf_get_smp_processor_id();
	__u64 within = drawn & (process_half - 1);

	return (drawn - within) * 2 + purpose * process_half + within;
}

/*
 * The low bits of a serial are the CPU, so that no two CPUs write the same entry; the program cannot nest on one. The
 * exchanges are full barriers, as a reader on another CPU needs to see the serial go first and come last.
 */
static __always_inline __u64 draw_serial(struct connscan_counters *mine, const struct task_struct *task,
					 const struct process_key *key)
{
	__u64 serial = next_serial(mine, key->purpose);
	struct connscan_process *entry = entry_of(serial);

	if (!entry)
		return 0;
	__sync_lock_test_and_set(&entry->serial, 0);
	describe(entry, task, key);
	__sync_lock_test_and_set(&entry->serial, serial);
	bpf_map_update_elem(&serials, key, &serial, BPF_ANY);
	return serial;
}

/* The serial of the process of a task, whose entry is there; 0 if it is the kernel itself. */
static __always_inline __u64 process_of(const struct task_struct *task, enum purpose purpose,
					struct connscan_counters *mine)
{
	struct process_key key = {};
	struct connscan_process *entry;
	__u64 *serial;

	if (task->flags & PF_KTHREAD)
		return 0;
	key.started_ns = task->group_leader->start_boottime;
	key.exec_id = task->self_exec_id;
	key.tgid = task->tgid;
	key.purpose = purpose;
	serial = bpf_map_lookup_elem(&serials, &key);
	if (serial) {
		entry = entry_of(*serial);
		if (entry && entry->serial == *serial)
			return *serial;
	}
	return draw_serial(mine, task, &key);
}

/* The same for one that may have begun before its path could be remembered; only an iterator may ask for that. */
static __always_inline __u64 listener_with_path(const struct task_struct *task, struct connscan_counters *mine)
{
	__u64 serial = process_of(task, LISTENS, mine);
	struct connscan_process *entry = entry_of(serial);

	if (entry && !entry->exe[0] && bpf_d_path(&task->mm->exe_file->f_path, entry->exe, sizeof(entry->exe)) < 0)
		entry->exe[0] = '\0';
	return serial;
}

/* What a record says. An entry that was overwritten since is unknown; all 64 bits are compared, as 32 come again. */
static __always_inline __u32 present(const __u64 *serial)
{
	struct connscan_process *entry;

	if (!serial)
		return 0;
	entry = entry_of(*serial);
	return entry && entry->serial == *serial ? *serial : 0;
}

/* Unknown replaces what an earlier connect() of the same socket left, or of one that had the same address. */
static __always_inline void keep_opener(const struct sock *sk, __u64 serial)
{
	__u64 key = (__u64)sk;

	if (!serial || bpf_map_update_elem(&openers, &key, &serial, BPF_ANY))
		bpf_map_delete_elem(&openers, &key);
}

static __always_inline __u32 opener_of(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	return present(bpf_map_lookup_elem(&openers, &key));
}

/* At the end of any socket; only those that connected have an opener. */
static __always_inline __u32 take_opener(const struct sock *sk)
{
	__u64 key = (__u64)sk, *serial = bpf_map_lookup_elem(&openers, &key);
	__u32 opener = present(serial);

	if (serial)
		bpf_map_delete_elem(&openers, &key);
	return opener;
}

static __always_inline struct service service_of(const struct sock *sk, __be16 port)
{
	struct service service = { .netns = sk->__sk_common.skc_net.net->ns.inum, .port = bpf_ntohs(port) };

	if (sk->__sk_common.skc_family == AF_INET)
		from_ipv4(&service.address, sk->__sk_common.skc_rcv_saddr);
	else
		from_ipv6(&service.address, &sk->__sk_common.skc_v6_rcv_saddr);
	return service;
}

/* Who of two processes on one port (SO_REUSEPORT) gets a connection is not to be seen: then neither is named. */
static __always_inline void keep_listener(const struct sock *sk, __u64 serial)
{
	struct service service = service_of(sk, bpf_htons(sk->__sk_common.skc_num));
	__u64 *other = bpf_map_lookup_elem(&listeners, &service);

	if (other && *other != serial)
		serial = 0;
	if (service.port)
		bpf_map_update_elem(&listeners, &service, &serial, BPF_ANY);
}

static __always_inline void forget_listener(const struct sock *sk, __be16 port)
{
	struct service service = service_of(sk, port);

	bpf_map_delete_elem(&listeners, &service);
}

/* As the kernel looks for a listener: by its address, then for any IPv4 address, then for any. */
static __always_inline __u32 listener_of(const union connscan_address *address, __u32 netns, __u32 port)
{
	struct service service = { .address = *address, .netns = netns, .port = port };
	__u64 *serial = bpf_map_lookup_elem(&listeners, &service);

	if (!serial && is_ipv4(&service.address)) {
		from_ipv4(&service.address, 0);
		serial = bpf_map_lookup_elem(&listeners, &service);
	}
	if (!serial) {
		from_any(&service.address);
		serial = bpf_map_lookup_elem(&listeners, &service);
	}
	return present(serial);
}

/* A path that may have been cut is none. This is the only helper that reads kernel memory; lockdown may forbid it. */
static __always_inline void remember_path(const struct task_struct *task, const struct linux_binprm *program)
{
	struct image_key image = image_of(task);
	struct exe_path path = {};

	if (bpf_probe_read_kernel_str(&path, sizeof(path), program->filename) < (long)sizeof(path))
		bpf_map_update_elem(&paths, &image, &path, BPF_ANY);
	else
		bpf_map_delete_elem(&paths, &image);
}

#endif
