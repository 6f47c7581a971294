/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The running task, and what it leads to. */
#ifndef TASK_LOADS
#define TASK_LOADS

#include "helpers.h"
#include "kernel_functions.h"

/* The running task, and members of it and of what it leads to: the verifier knows their types, so each is a load in place of a call. */
#ifdef WITHOUT_TYPES
#define CURRENT_TASK() ((char *)bpf_get_current_task())
#else
#define CURRENT_TASK() CAST(TASK_BTF(), T_task_struct)
#endif
/* Written out, because a compiler joins loads of its own, and the verifier wants one kind of pointer at each. */
#define LOAD_OF(type, into, at) \
	do { \
		u64 value_; \
		asm volatile("%0 = *(" #type " *)(%1 + 0)" : "=r"(value_) : "r"(at)); \
		(into) = (typeof(into))value_; \
	} while (0)
#define LOAD(into, base, offset) \
	do { \
		if ((int)(offset) >= 0 && sizeof(into) == 8) \
			LOAD_OF(u64, into, (char *)(base) + (int)(offset)); \
		else if ((int)(offset) >= 0 && sizeof(into) == 4) \
			LOAD_OF(u32, into, (char *)(base) + (int)(offset)); \
		else if ((int)(offset) >= 0) \
			LOAD_OF(u16, into, (char *)(base) + (int)(offset)); \
	} while (0)

/* Members that this kernel lacks have the offset -1: what they would tell stays as it is. */
#define KERNEL(into, base, offset) \
	((int)(offset) < 0 ? -1 : bpf_probe_read_kernel(&(into), sizeof(into), (void *)((u64)(base) + (offset))))

/* A member of a structure at a place that is no more than a number to the verifier: a load all the same, where the kernel takes our word. */
#if T_bpf_rdonly_cast >= 0
#define MEMBER(into, place, structure, offset) LOAD(into, CAST(place, structure), offset)
#else
#define MEMBER(into, place, structure, offset) KERNEL(into, place, offset)
#endif

static __always_inline char *load_pointer(char *base, int offset)
{
	char *value = 0;
	LOAD(value, base, offset);
	return value;
}

/* As bpf_get_current_pid_tgid, without a call: process << 32 | thread. */
static __always_inline u64 own_pid_tgid(void)
{
#if O_task_struct_pid >= 0 && O_task_struct_tgid >= 0
	char *task = TASK_BTF(); /* here without a check at run that the cast brings */
	u32 tid = 0, pid = 0;
	LOAD(tid, task, O_task_struct_pid);
	LOAD(pid, task, O_task_struct_tgid);
	return (u64)pid << 32 | tid;
#else
	return bpf_get_current_pid_tgid();
#endif
}

/* A control group's id. */
static __always_inline u64 cgroup_number(char *group)
{
	u64 number = 0;
	LOAD(number, load_pointer(group, O_cgroup_kn), O_kernfs_node_id);
	return number;
}

#endif
