/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What captures tell of a process when it is made, and when it runs another program. */
#include "layers.h"

#define PID_TGID 1              /* enum pid_type */
#define PID_PGID 2
#define RLIMIT_NOFILE 7
#define RSS_KINDS 4             /* file, anonymous, swap, shared memory */
#define UPID_BYTES 16           /* of struct upid: number, namespace */

#if O_mm_rss_stat_count >= 0    /* before 6.2 */
#define RSS_AT 0
#define RSS_STRIDE 8
#else
#define RSS_AT O_percpu_counter_count
#define RSS_STRIDE (O_percpu_counter_list >= 0 ? 40 : 24)
#endif

struct memory_facts {
	u32 size_kb, rss_kb, swap_kb;
};

struct process_facts {
	u64 cgroups;            /* names the set, which a record of kind CGROUPS told before */
	u64 major_faults, minor_faults;
	u64 fd_limit;
	u64 flags;              /* of clone, as the program gave them */
	u64 pidns_start_ns;
	u64 caps[3];            /* inheritable, permitted, effective */
	u64 ino, ctime_s, mtime_s;   /* of the program's file */
	struct memory_facts memory;
	u32 ctime_ns, mtime_ns;
	u32 parent;
	u32 uid, gid, login_uid;
	u32 tty;
	u32 vtid, vpid, vpgid, pgid;
	u32 pidns_level;          /* above 0 also where only its children will count in another namespace */
	u32 file_mode;          /* with LAYER_* above the mode */
	u32 file_uid, file_gid;
	char comm[16];
};

static __always_inline void read_memory(struct memory_facts *facts, char *mm)
{
	s64 pages[RSS_KINDS] = {};
	u64 total = 0;
	if (!mm)
		return;
	LOAD(total, mm, O_mm_struct_total_vm);
#pragma unroll
	for (int i = 0; i < RSS_KINDS; i++) {
#if O_mm_struct_rss_stat >= 0
		LOAD(pages[i], mm, O_mm_struct_rss_stat + RSS_AT + i * RSS_STRIDE);
#endif
		if (pages[i] < 0)
			pages[i] = 0;
	}
	facts->size_kb = total * (PAGE_SIZE >> 10);
	facts->rss_kb = (pages[0] + pages[1] + pages[3]) * (PAGE_SIZE >> 10);
	facts->swap_kb = pages[2] * (PAGE_SIZE >> 10);
}

#define NEWBORN 4096            /* places; threads whose numbers share one are rarely made within the same moment */

struct newborn {
	u32 tid, spare;
	u64 flags;              /* of clone */
};

BPF_ARRAY(newborn, struct newborn, NEWBORN);   /* a hash would cost each fork half a microsecond */

static __always_inline struct newborn *newborn_of(u32 tid)
{
	u32 key = tid % NEWBORN;
	return newborn.lookup(&key);
}

static __always_inline void keep_flags(u32 tid, u64 flags)
{
	struct newborn *entry = newborn_of(tid);
	if (entry) {
		entry->flags = flags;
		entry->tid = tid;
	}
}

/* task_newtask: the new task, flags. A thread cannot ask for them itself: its parent may have left the place where they stood. */
int stream_new_task(struct bpf_raw_tracepoint_args *ctx)
{
	keep_flags(kernel_u32(ctx->args[0], O_task_struct_pid), ctx->args[1]);
	return 0;
}

/* Flags that the running task was made with, or makes another with: at `from` where they are an argument's (clone3). */
static __always_inline u64 flags_of_clone(struct scratch *s, u64 argument, u64 is_pointer)
{
	u32 tid = s->head.pid_tgid;
	u64 flags = argument;
	struct newborn *known;
	if (result(s) == 0) {
		known = newborn_of(tid);
		if (known && known->tid == tid) {
			known->tid = 0;
			return known->flags;
		}
	}
	if (is_pointer && bpf_probe_read_user(&flags, 8, (void *)argument))
		flags = 0;
	return flags;
}

static __always_inline u32 fetch_memory(struct scratch *s)
{
	struct memory_facts facts = {};
	read_memory(&facts, load_pointer(CURRENT_TASK(), O_task_struct_mm));
	bpf_probe_read_kernel(place(s), sizeof(facts), &facts);
	return sizeof(facts);
}

/* The number that `pid` has in its own namespace. */
static __always_inline u32 own_number(char *pid, u32 level)
{
	u32 number = 0;
	u64 at = level & 31;
	if (level)
		return kernel_u32((u64)pid, O_pid_numbers + at * UPID_BYTES + O_upid_nr);
	LOAD(number, pid, O_pid_numbers + O_upid_nr);
	return number;
}

static __always_inline void read_times(struct process_facts *facts, char *inode)
{
#if O_inode_i_ctime_sec >= 0
	LOAD(facts->ctime_s, inode, O_inode_i_ctime_sec);
	LOAD(facts->mtime_s, inode, O_inode_i_mtime_sec);
	LOAD(facts->ctime_ns, inode, O_inode_i_ctime_nsec);
	LOAD(facts->mtime_ns, inode, O_inode_i_mtime_nsec);
#else
#if O_inode_i_ctime >= 0
#define CTIME O_inode_i_ctime
#else
#define CTIME O_inode___i_ctime
#endif
#if O_inode_i_mtime >= 0
#define MTIME O_inode_i_mtime
#else
#define MTIME O_inode___i_mtime
#endif
	KERNEL(facts->ctime_s, inode, CTIME);
	KERNEL(facts->mtime_s, inode, MTIME);
	facts->ctime_ns = kernel_u32((u64)inode, CTIME + 8);
	facts->mtime_ns = kernel_u32((u64)inode, MTIME + 8);
#endif
}

#ifdef WITHOUT_TYPES
BPF_TABLE("lru_hash", u32, u32, parents, 16384);    /* of threads that were made since we look */
#endif

static __always_inline u32 fetch_process(struct scratch *s, u64 flags)
{
	struct process_facts *facts = place(s);
	char *task = CURRENT_TASK();
	char *mm = load_pointer(task, O_task_struct_mm);
	char *signal = load_pointer(task, O_task_struct_signal);
	char *cred = load_pointer(task, O_task_struct_cred);
	char *pid = load_pointer(task, O_task_struct_thread_pid);
	char *tty, *driver, *file, *inode, *group;
	u64 namespace = 0, reaper;
	u32 level = 0;
	u16 mode = 0;
	__builtin_memset(facts, 0, sizeof(*facts));
	facts->cgroups = s->cgroups;
	facts->flags = flags;
	LOAD(facts->major_faults, task, O_task_struct_maj_flt);
	LOAD(facts->minor_faults, task, O_task_struct_min_flt);
#if O_signal_struct_rlim >= 0
	LOAD(facts->fd_limit, signal, O_signal_struct_rlim + 16 * RLIMIT_NOFILE);
#endif
	LOAD(facts->parent, load_pointer(task, O_task_struct_real_parent), O_task_struct_pid);
	LOAD(facts->uid, cred, O_cred_euid);
	LOAD(facts->gid, cred, O_cred_egid);
	LOAD(facts->caps[0], cred, O_cred_cap_inheritable);
	LOAD(facts->caps[1], cred, O_cred_cap_permitted);
	LOAD(facts->caps[2], cred, O_cred_cap_effective);
#if O_task_struct_loginuid >= 0
	LOAD(facts->login_uid, task, O_task_struct_loginuid);
#else
	facts->login_uid = ~0;
#endif
	tty = load_pointer(signal, O_signal_struct_tty);
	if (tty) {
		u32 index = 0, first = 0, major = 0;
		driver = load_pointer(tty, O_tty_struct_driver);
		LOAD(index, tty, O_tty_struct_index);
		LOAD(first, driver, O_tty_driver_minor_start);
		LOAD(major, driver, O_tty_driver_major);
		index += first;
		facts->tty = major << 8 | (index & 0xff) | (index & ~0xff) << 12;
	}
	LOAD(level, pid, O_pid_level);
	facts->pidns_level = level;
	facts->vtid = own_number(pid, level);
#if O_signal_struct_pids >= 0
	facts->vpid = own_number(load_pointer(signal, O_signal_struct_pids + 8 * PID_TGID), level);
	group = load_pointer(signal, O_signal_struct_pids + 8 * PID_PGID);
	facts->vpgid = own_number(group, level);
	facts->pgid = own_number(group, 0);
#endif
	namespace = kernel_u64((u64)pid, O_pid_numbers + (level & 31) * UPID_BYTES + O_upid_ns);
#if O_nsproxy_pid_ns_for_children >= 0
	if (!level) {       /* unshare and setns hold for children only */
		char *children = load_pointer(load_pointer(task, O_task_struct_nsproxy), O_nsproxy_pid_ns_for_children);
		facts->pidns_level = children && (u64)children != namespace;
	}
#endif
	reaper = kernel_u64(namespace, O_pid_namespace_child_reaper);
	if (reaper)
		facts->pidns_start_ns = kernel_u64(reaper, O_task_struct_start_boottime);
	if (mm) {
		read_memory(&facts->memory, mm);
		file = load_pointer(mm, O_mm_struct_exe_file);
		inode = file ? load_pointer(file, O_file_f_inode) : 0;
		if (inode) {
			LOAD(facts->ino, inode, O_inode_i_ino);
			LOAD(mode, inode, O_inode_i_mode);
			facts->file_mode = mode | layer_of(file, inode);
			LOAD(facts->file_uid, inode, O_inode_i_uid);
			LOAD(facts->file_gid, inode, O_inode_i_gid);
			read_times(facts, inode);
		}
	}
	bpf_get_current_comm(facts->comm, sizeof(facts->comm));
#ifdef WITHOUT_TYPES
	{
		u32 tid = bpf_get_current_pid_tgid(), *parent = parents.lookup(&tid);
		if (parent)
			facts->parent = *parent;
	}
	facts->uid = bpf_get_current_uid_gid();
	facts->gid = bpf_get_current_uid_gid() >> 32;
	facts->vtid = bpf_get_current_pid_tgid();
	facts->vpid = bpf_get_current_pid_tgid() >> 32;
#endif
	return sizeof(*facts);
}

/* A number of the running program's memory map; 0 where it has none. */
static __always_inline u64 of_memory(int offset)
{
	char *mm = load_pointer(CURRENT_TASK(), O_task_struct_mm);
	u64 value = 0;
	if (mm)
		LOAD(value, mm, offset);
	return value;
}

/* A NUL-separated list of the running program, between two places in its memory. */
static __always_inline u32 fetch_list(struct scratch *s, u64 from, u64 to)
{
	u64 n = to - from;
	if (!from || to <= from)
		return 0;
	if (n > LIST_ROOM)
		n = LIST_ROOM;
	asm volatile("%0 &= 8191" : "+r"(n));
	if (n > LIST_ROOM)
		return 0;
	return bpf_probe_read_user(place(s), n, (void *)from) ? 0 : n;
}

/* The same of a NULL-terminated array of pointers, for a program that did not come to run. */
static __always_inline u32 fetch_pointers(struct scratch *s, u64 from)
{
	s->a = from;
	s->b = 0;
	for (int i = 0; i < 32; i++) {
		u64 text = 0, at = s->used + s->b;
		long n;
		if (s->b > LIST_ROOM || !s->a || bpf_probe_read_user(&text, 8, (void *)(s->a + 8 * i)) || !text)
			break;
		asm volatile("%0 &= 16383" : "+r"(at));
		n = bpf_probe_read_user_str(s->data + at, PATH_ROOM, (void *)text);
		if (n <= 0)
			break;
		s->b += n;
	}
	return s->b > LIST_ROOM ? LIST_ROOM : s->b;
}

static __always_inline u32 fetch_arguments(struct scratch *s, u64 argv)
{
	if (result(s) < 0)
		return fetch_pointers(s, argv);
	return fetch_list(s, of_memory(O_mm_struct_arg_start), of_memory(O_mm_struct_arg_end));
}

static __always_inline u32 fetch_environment(struct scratch *s, u64 envp)
{
	if (result(s) < 0)
		return fetch_pointers(s, envp);
	return fetch_list(s, of_memory(O_mm_struct_env_start), of_memory(O_mm_struct_env_end));
}

/* The name that exec was called with. Behind the environment of the new program lies the kernel's copy (AT_EXECFN). */
static __always_inline u32 fetch_program(struct scratch *s, u64 name)
{
	return fetch_string(s, result(s) < 0 ? name : of_memory(O_mm_struct_env_end));
}

/* Appends the next name, with its NUL, of the way up over mounts from the dentry a on the mount b; c counts the bytes. 0 at the top. */
static __always_inline int climb(struct scratch *s)
{
	u64 dentry = s->a, mount = s->b - O_mount_mnt, up = 0, root = 0, name = 0, at = s->used + s->c;
	long n;
	MEMBER(up, dentry, T_dentry, O_dentry_d_parent);
	MEMBER(root, s->b, T_vfsmount, O_vfsmount_mnt_root);
	if (dentry == root || dentry == up) {
		u64 over = kernel_u64(mount, O_mount_mnt_parent);
		if (over == mount || !over)
			return 0;
		s->a = kernel_u64(mount, O_mount_mnt_mountpoint);
		s->b = over + O_mount_mnt;
		return 1;
	}
	asm volatile("%0 &= 16383" : "+r"(at));
	MEMBER(name, dentry, T_dentry, O_dentry_d_name + O_qstr_name);
	n = bpf_probe_read_kernel_str(s->data + at, 256, (void *)name);
	if (n <= 0 || s->c > LIST_ROOM - 256)
		return 0;
	s->c += n;
	s->a = up;
	return 1;
}

/* Path of the program's file, its components from the leaf up; each ends with NUL. */
static __always_inline u32 fetch_executable(struct scratch *s)
{
	u64 file = of_memory(O_mm_struct_exe_file);
	if (!file)
		return 0;
	MEMBER(s->a, file, T_file, O_file_f_path + O_path_dentry);
	MEMBER(s->b, file, T_file, O_file_f_path + O_path_mnt);
	s->c = 0;
	for (int i = 0; i < 24; i++)
		if (!climb(s))
			break;
	return s->c;
}
