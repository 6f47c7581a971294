/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* CPU time of all threads at once, for procinfo events: /proc would be a file for each process, read while the ring fills. */

/* One thread; csyspy/capture/live/cpu_times.pyx has the same layout. The first of a process has the times of those that are gone, too. */
struct cpu_time {
	u64 start_ns;           /* since boot: together with pid it names a process for good */
	u64 run_ns;             /* exact; the next two are ticks, good for their ratio alone */
	u64 user_ns;
	u64 system_ns;
	u32 tid;
	u32 pid;
};

static __always_inline u64 load_u64(char *base, int offset)
{
	u64 value = 0;
	LOAD(value, base, offset);
	return value;
}

int stream_cpu_times(u64 *ctx)
{
	u64 *meta = (u64 *)ctx[0];
	char *task = (char *)ctx[1], *group;
	struct cpu_time row = {};
	if (!task)
		return 0;
	LOAD(row.tid, task, O_task_struct_pid);
	LOAD(row.pid, task, O_task_struct_tgid);
	row.start_ns = load_u64(task, O_task_struct_start_boottime);
	row.run_ns = load_u64(task, O_task_struct_se + O_sched_entity_sum_exec_runtime);
	row.user_ns = load_u64(task, O_task_struct_utime);
	row.system_ns = load_u64(task, O_task_struct_stime);
	group = load_pointer(task, O_task_struct_signal);
	if (row.tid == row.pid && group) {
		row.run_ns += load_u64(group, O_signal_struct_sum_sched_runtime);
		row.user_ns += load_u64(group, O_signal_struct_utime);
		row.system_ns += load_u64(group, O_signal_struct_stime);
	}
	bpf_seq_write((void *)meta[0], &row, sizeof(row));
	return 0;
}
