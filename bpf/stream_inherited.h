/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What a program has of the time before it: its working directory, its session, and its descriptors. Told of a thread that begins to pass the
 * filter as it executes a program, because what was done to them before was done under a name that does not pass (`sh -c 'cat <file'`). */

BPF_PROG_ARRAY(inherited, 1);
BPF_PROG_ARRAY(call_inherited, 1);      /* the same behind tracepoints of single calls */

#if defined(PREFILTER) && FILTER_NEWCOMERS
#define CWD_FD -100             /* AT_FDCWD: stands for the working directory in records of kind INHERITED */
#define STEPS 24                /* of one run: names on paths, and descriptors; the verifier follows each. The next run goes on */
#define RUNS 30                 /* the kernel allows a chain of 33 programs: room for some hundred descriptors */
#define MOST_FDS 4096
#define WORD 64                 /* bits of a word of the table's map of descriptors */
#define PID_SESSION 3           /* enum pid_type */

BPF_PROG_ARRAY(exec_inherited, 1);      /* and behind stream_exec */

static __always_inline u32 own_session(void)
{
	char *task = CURRENT_TASK();
	char *signal = load_pointer(task, O_task_struct_signal);
	char *pid = load_pointer(task, O_task_struct_thread_pid);
	u32 level = 0;
	LOAD(level, pid, O_pid_level);
#if O_signal_struct_pids >= 0
	return own_number(load_pointer(signal, O_signal_struct_pids + 8 * PID_SESSION), level);
#else
	return 0;
#endif
}

/* The record is the working directory's from now on; descriptors follow. */
static __always_inline void begin_inherited(struct scratch *s)
{
	u64 task = bpf_get_current_task();
	u64 place = kernel_u64(task, O_task_struct_fs) + O_fs_struct_pwd;
	u64 table = kernel_u64(kernel_u64(task, O_task_struct_files), O_files_struct_fdt);
	u32 most = kernel_u32(table, O_fdtable_max_fds);
	s->head.ts_ns = bpf_ktime_get_boot_ns();
	s->head.kind = INHERITED;
	s->head.regs[0] = (long)CWD_FD;
	s->head.regs[1] = own_session();
	__builtin_memset(s->head.size, 0, sizeof(s->head.size));
	s->used = 0;
	s->a = kernel_u64(place, O_path_dentry);
	s->b = kernel_u64(place, O_path_mnt);
	s->c = 0;
	s->d = 0;
	s->open = 0;
	s->runs = 0;
	s->count = most < MOST_FDS ? most : MOST_FDS;
}

static __always_inline u32 fetch_leaf(struct scratch *s)
{
	long n = bpf_probe_read_kernel_str(place(s), 64, (void *)kernel_u64(s->a, O_dentry_d_name + O_qstr_name));
	return n > 0 ? n : 0;
}

/* One name more of the path in hand, or one descriptor further; 0 when all are told. */
static __always_inline int step_inherited(struct scratch *s)
{
	u64 fd = s->d, file;
	if (s->a) {
		if (climb(s))
			return 1;
		took(s, 1, s->c);
		if (!s->c)
			took(s, 2, fetch_leaf(s));
		send(s);
		s->a = 0;
		return 1;
	}
	if (fd >= s->count)
		return 0;
	if (fd % WORD == 0) {
		file = kernel_u64(kernel_u64(bpf_get_current_task(), O_task_struct_files), O_files_struct_fdt);
		s->open = kernel_u64(kernel_u64(file, O_fdtable_open_fds), fd / 8);
		if (!s->open) {
			s->d = fd + WORD;
			return 1;
		}
	}
	s->d = fd + 1;
	if (!(s->open >> (fd % WORD) & 1))
		return 1;
	file = file_of(fd);
	if (!file)
		return 1;
	s->used = 0;
	s->head.regs[0] = fd;
	s->head.regs[1] = kernel_u32(file, O_file_f_flags);
	__builtin_memset(s->head.size, 0, sizeof(s->head.size));
	took(s, 0, fetch_file(s, fd));
	if ((mode_of(inode_of(file)) & S_IFMT) == S_IFSOCK) {
		took(s, 3, fetch_socket(s, fd));
		send(s);
		return 1;
	}
	s->a = kernel_u64(file, O_file_f_path + O_path_dentry);
	s->b = kernel_u64(file, O_file_f_path + O_path_mnt);
	s->c = 0;
	return 1;
}

/* Whether a thread that has executed a program begins to pass by its name; then what it has from before is the next to be told. */
static __always_inline int begins_to_pass(struct scratch *s)
{
	if (!(names_of_thread(s->head.pid_tgid) & NEWCOMER))
		return 0;
	begin_inherited(s);
	return 1;
}

/* 1 where there is more to tell, by another run. */
static __always_inline int tell_inherited(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct scratch *s = scratches.lookup(&cpu);
	if (!s)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < STEPS; i++)
		if (!step_inherited(s))
			return 0;
	s->runs++;
	return s->runs < RUNS;
}

int stream_inherited(u64 *ctx)
{
	if (tell_inherited())
		inherited.call(ctx, 0);
	return 0;
}

#ifdef WITH_SINGLE_CALLS
int stream_call_inherited(void *ctx)
{
	if (tell_inherited())
		call_inherited.call(ctx, 0);
	return 0;
}
#endif

int stream_exec_inherited(struct bpf_raw_tracepoint_args *ctx)
{
	if (tell_inherited())
		exec_inherited.call(ctx, 0);
	return 0;
}
#else
static __always_inline int begins_to_pass(struct scratch *s)
{
	return 0;
}
#endif
