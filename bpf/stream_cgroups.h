/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Cgroups of a task, told once for every set of them that is met. */

#define SUBSYSTEMS E_cgroup_subsys_id_CGROUP_SUBSYS_COUNT
#define MAX_DEPTH 12

BPF_TABLE("lru_hash", u64, u64, told_cgroups, 4096);

static __always_inline u64 cgroup_of(u64 set, u32 i)
{
	u64 css = kernel_u64(set, O_css_set_subsys + 8 * i);
	return css ? kernel_u64(css, O_cgroup_subsys_state_cgroup) : 0;
}

static __always_inline u64 subsystem_name(u64 css)
{
	u64 subsystem = kernel_u64(css, O_cgroup_subsys_state_ss);
	u64 name = kernel_u64(subsystem, O_cgroup_subsys_legacy_name);
	return name ? name : kernel_u64(subsystem, O_cgroup_subsys_name);
}

/* A number that stands for the cgroups of a task. */
static __always_inline u64 cgroups_key(char *set)
{
	u64 key = 0;
	char *group;
#pragma unroll
	for (int i = 0; i < SUBSYSTEMS; i++) {
		char *state = load_pointer(set, O_css_set_subsys + 8 * i);
		if (state)
			key = (key ^ cgroup_number(load_pointer(state, O_cgroup_subsys_state_cgroup))) * 0x9E3779B97F4A7C15ULL;
	}
	group = load_pointer(set, O_css_set_dfl_cgrp);
	if (group)
		key = (key ^ cgroup_number(group)) * 0x9E3779B97F4A7C15ULL;
	return key;
}

/* Appends the subsystem's name (at `name`; none for the default hierarchy), and the names on the way up from `group`, each with its NUL,
 * and an empty one. */
static __always_inline void add_cgroup(struct scratch *s, u64 group, u64 name)
{
	u64 at = s->used;
	long named;
	asm volatile("%0 &= 16383" : "+r"(at));
	s->data[at] = 0;
	named = name ? bpf_probe_read_kernel_str(s->data + at, 64, (void *)name) : 1;
	s->used += named > 0 ? named : 1;
	s->a = kernel_u64(group, O_cgroup_kn);
	for (int i = 0; i < MAX_DEPTH; i++) {
		u64 up = kernel_u64(s->a, O_kernfs_node___parent);
		long n;
		if (!up)
			break;
		at = s->used;
		asm volatile("%0 &= 16383" : "+r"(at));
		n = bpf_probe_read_kernel_str(s->data + at, 256, (void *)kernel_u64(s->a, O_kernfs_node_name));
		if (n <= 0)
			break;
		s->used += n;
		s->a = up;
	}
	at = s->used;
	asm volatile("%0 &= 16383" : "+r"(at));
	s->data[at] = 0;
	s->used++;
}

/* The running task's cgroups by number, announced where they are new. */
static __always_inline u64 tell_cgroups(struct scratch *s)
{
	char *set = load_pointer(CURRENT_TASK(), O_task_struct_cgroups);
	u64 key = cgroups_key(set), group, now, n;
	if (told_cgroups.lookup(&key))
		return key;
	s->used = 0;
	s->b = (u64)set;
	for (int i = 0; i < SUBSYSTEMS; i++) {
		group = cgroup_of(s->b, i);
		if (group && s->used < SCRATCH_LAST - 4096)
			add_cgroup(s, group, subsystem_name(kernel_u64(s->b, O_css_set_subsys + 8 * i)));
	}
	group = kernel_u64(s->b, O_css_set_dfl_cgrp);
	if (group)
		add_cgroup(s, group, 0);
	__builtin_memset(&s->head, 0, sizeof(s->head));
	s->head.ts_ns = bpf_ktime_get_boot_ns();
	s->head.regs[0] = key;
	s->head.kind = CGROUPS;
	n = s->used;
	s->head.size[0] = n;
	asm volatile("%0 &= 16383" : "+r"(n));
	now = ring.ringbuf_output(&s->head, FIXED + n, BPF_RB_NO_WAKEUP);
	if (now) {
		count_lost();
	} else {
		now = 1;
		told_cgroups.update(&key, &now);
	}
	return key;
}
