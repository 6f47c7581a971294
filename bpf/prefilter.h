/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What the user's filter leaves to the kernel: the facts that its clauses ask for (csyspy/events/kernel_filter.py).
 *
 * csyspy/capture/live/prefilter.py writes the clauses themselves as C behind this file, by their shape: the numbers and names that they compare
 * with lie in maps, so that the same shape is compiled once. Whatever is not known passes.
 */

#include "descriptors.h"

#ifndef FILTER_NAMES
#define FILTER_NAMES 0          /* names that clauses compare with */
#endif
#ifndef FILTER_NEWCOMERS
#define FILTER_NEWCOMERS 0      /* whether to mark threads that begin to pass by the name of a program */
#endif
#define NEWCOMER (1ULL << 63)   /* in `watched`: no name of the thread passed before that of the program that it runs now */
#define WATCH_PLACES 16384      /* spares nearly every other thread the hash */
#define MODE_KIND 0170000
#define MODE_SOCKET 0140000
#define MODE_FIFO 0010000
#define MODE_DIRECTORY 0040000
enum fd_kind { KIND_SOCKET = 1, KIND_FILE = 2, KIND_PIPE = 4, KIND_OTHER = 8 };

struct name_test {
	u64 text[2];            /* as the kernel keeps it, with zeros behind it */
	u64 bit;
};

struct watch {
	s64 threads;            /* in `watched`; the second entry counts those that were there at the start */
	u64 overflows;          /* threads that found no room there: from then on every name passes */
};

struct cgroup_ids {
	u64 unified, memory;
};

struct verdict {
	u32 pid;                /* somebody there, by whom user space finds the container */
	u32 known;
	u64 passes;             /* container tests, by bit */
};

BPF_ARRAY(filter_numbers, u32, 256);
BPF_F_TABLE("hash", u64, u32, filter_sets, 16384, BPF_F_NO_PREALLOC);   /* test << 32 | number: of tests with many */
BPF_ARRAY(filter_names, struct name_test, 64);
BPF_F_TABLE("hash", u32, u64, watched, 65536, BPF_F_NO_PREALLOC);       /* thread -> bits of the names that it was executed or forked with */
BPF_ARRAY(watch_places, u64, WATCH_PLACES);     /* tid % WATCH_PLACES: whether one of these threads has ever been in `watched` */
BPF_ARRAY(watch, struct watch, 2);
BPF_F_TABLE("hash", struct cgroup_ids, struct verdict, verdicts, 16384, BPF_F_NO_PREALLOC);
BPF_RINGBUF_OUTPUT(appeared, 1);                                        /* processes that begin to pass by their name */

#define FACT(into, base, offset) bpf_probe_read_kernel(&(into), sizeof(into), (void *)((u64)(base) + (offset)))

static __always_inline u64 pointer_at(u64 base, u32 offset)
{
	u64 value = 0;
	FACT(value, base, offset);
	return value;
}

/* `count` numbers from `first` on; few enough to compare one by one. */
static __always_inline int among(u32 value, u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i++) {
		u32 key = i, *number = filter_numbers.lookup(&key);
		if (number && *number == value)
			return 1;
	}
	return 0;
}

static __always_inline int among_many(u32 value, u32 test)
{
	u64 key = (u64)test << 32 | value;
	return filter_sets.lookup(&key) != 0;
}

/* Where a task's own ids cannot be compared with those that its events tell: in another user namespace. */
struct users {
	u32 real, effective, saved, foreign;
};

static __always_inline struct users users_of_task(void)
{
	struct users users = {};
	char *cred = load_pointer(CURRENT_TASK(), O_task_struct_cred);
	LOAD(users.foreign, load_pointer(cred, O_cred_user_ns), O_user_namespace_level);
	LOAD(users.real, cred, O_cred_uid);
	LOAD(users.effective, cred, O_cred_euid);
	LOAD(users.saved, cred, O_cred_suid);
	return users;
}

/* Container tests that the task passes, by bit, and in `known` whether that is known. */
static __always_inline u64 containers_of_task(u32 pid, u32 *known)
{
	struct cgroup_ids ids = {};
	struct verdict *found, first = {};
	char *set = load_pointer(CURRENT_TASK(), O_task_struct_cgroups);
	char *group = load_pointer(set, O_css_set_dfl_cgrp);
	if (group)
		ids.unified = cgroup_number(group);
#if E_cgroup_subsys_id_memory_cgrp_id >= 0
	{
		char *state = load_pointer(set, O_css_set_subsys + 8 * E_cgroup_subsys_id_memory_cgrp_id);
		if (state)
			ids.memory = cgroup_number(load_pointer(state, O_cgroup_subsys_state_cgroup));
	}
#endif
	found = verdicts.lookup(&ids);
	if (!found) {
		first.pid = pid;
		verdicts.insert(&ids, &first);
		*known = 0;
		return 0;
	}
	*known = found->known;
	return found->passes;
}

/* What an open fd can be called: one bit or more. */
static __always_inline u32 kinds_of_fd(u32 fd)
{
	u64 file = file_of(fd), inode = file ? inode_of(file) : 0;
	if (!inode)
		return KIND_SOCKET | KIND_FILE | KIND_PIPE | KIND_OTHER;
	switch (mode_of(inode) & MODE_KIND) {
	case MODE_SOCKET:
		return KIND_SOCKET;
	case MODE_FIFO:
		return KIND_PIPE | KIND_FILE;
	case MODE_DIRECTORY:
		return KIND_FILE;
	}
	return KIND_FILE | KIND_OTHER;
}

/* --- names: compared at exec and fork, remembered by thread; prctl(PR_SET_NAME) changes nothing about them --- */

static __always_inline u64 names_of_thread(u64 pid_tgid)
{
	u32 tid = pid_tgid, place = tid % WATCH_PLACES;
	int zero = 0;
	u64 *bits, *any = watch_places.lookup(&place);
	struct watch *state;
	if (!any || !*any)
		return 0;
	bits = watched.lookup(&tid);
	if (bits)
		return *bits;
	state = watch.lookup(&zero);
	return state && state->overflows ? ~0ULL : 0;
}

#if FILTER_NAMES
static __always_inline u64 bits_of_name(void)
{
	u64 comm[2] = {}, bits = 0;
	bpf_get_current_comm(comm, sizeof(comm));
	for (u32 i = 0; i < FILTER_NAMES; i++) {
		u32 key = i;
		struct name_test *test = filter_names.lookup(&key);
		if (test && test->text[0] == comm[0] && test->text[1] == comm[1])
			bits |= test->bit;
	}
	return bits;
}

/* What is known of a thread from now on; nothing where no bit is set. */
static __always_inline void remember(u32 tid, u32 pid, u64 bits)
{
	int zero = 0;
	struct watch *state = watch.lookup(&zero);
	u32 place = tid % WATCH_PLACES;
	u64 *any = watch_places.lookup(&place), *known, before;
	if (!state || !any || (!bits && !*any))
		return;
	if (bits)
		*any = 1;       /* also where it finds no room below: then it is asked for in vain, and passes */
	known = watched.lookup(&tid);
	before = known ? *known : 0;
	if (known && bits) {
		*known = bits & ~NEWCOMER;
	} else if (known) {
		watched.delete(&tid);
	} else if (bits && watched.insert(&tid, &bits)) {
		__sync_fetch_and_add(&state->overflows, 1);
		return;
	}
	if (!before && bits) {
		__sync_fetch_and_add(&state->threads, 1);
		appeared.ringbuf_output(&pid, sizeof(pid), BPF_RB_FORCE_WAKEUP);
	} else if (before && !bits) {
		__sync_fetch_and_add(&state->threads, -1);
	}
}

/* task, its tid before (a thread that executes a program becomes its leader), bprm */
int watch_exec(struct bpf_raw_tracepoint_args *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u64 bits = bits_of_name();
	u32 before = ctx->args[1];
	if (before != (u32)pid_tgid)
		remember(before, before, 0);
	remember(pid_tgid, pid_tgid >> 32, FILTER_NEWCOMERS && bits ? bits | NEWCOMER : bits);
	return 0;
}

/* parent, which is running, and child, which has its name */
int watch_fork(struct bpf_raw_tracepoint_args *ctx)
{
	u64 child = ctx->args[1], bits = bits_of_name();
	u32 tid = 0, pid = 0;
	if (!bits)
		bits = names_of_thread(own_pid_tgid()) & ~NEWCOMER;
	if (!bits)
		return 0;
	FACT(tid, child, O_task_struct_pid);
	FACT(pid, child, O_task_struct_tgid);
	remember(tid, pid, bits);
	return 0;
}

int watch_exit(struct bpf_raw_tracepoint_args *ctx)
{
	remember(bpf_get_current_pid_tgid(), 0, 0);
	return 0;
}
#endif
