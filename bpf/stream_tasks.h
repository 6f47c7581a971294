/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Events that are no system calls: the end of threads, signals, switches between threads, page faults. */

#define SIGINFO_PID 16          /* of the sender, in struct kernel_siginfo */
#define EXIT 60
#define EXIT_GROUP 231

struct task_record {
	struct head head;
	u64 values[8];
};

static __always_inline struct task_record *begin(u8 kind)
{
	struct task_record *record = ring.ringbuf_reserve(sizeof(struct task_record));
	if (!record) {
		count_lost();
		return 0;
	}
	record->head.ts_ns = bpf_ktime_get_boot_ns();
	record->head.pid_tgid = bpf_get_current_pid_tgid();
	__builtin_memset(record->head.size, 0, sizeof(record->head.size));
	record->head.kind = kind;
	record->head.cpu = bpf_get_smp_processor_id();
	record->head.size[0] = sizeof(record->values);
	return record;
}

static __always_inline int is_own(u64 pid_tgid)
{
	int zero = 0;
	struct settings *set = settings.lookup(&zero);
	return !set || pid_tgid >> 32 == set->own_pid;
}

/* The begin of the call that does not return, told at the end of who made it: its registers are still there. A hook at the begin would cost
 * all calls. The filter is not asked, because what it knows of the thread may be gone by now. */
static __always_inline void tell_last_call(struct pt_regs *regs, u64 pid_tgid)
{
	struct head *head;
	u64 nr = 0;
	int zero = 0;
	TYPED(nr, regs, O_pt_regs_orig_ax);
	if ((nr != EXIT && nr != EXIT_GROUP) || is_foreign(regs))
		return;
	if (!wanted_call(settings.lookup(&zero), nr))
		return;
	head = ring.ringbuf_reserve(sizeof(struct head));
	if (!head) {
		count_lost();
		return;
	}
	fill_head(head, regs, nr, pid_tgid, CALL_ENTER);
	head->regs[RESULT] = 0;
	ring.ringbuf_submit(head, BPF_RB_NO_WAKEUP);
}

int stream_task_exit(struct bpf_raw_tracepoint_args *ctx)
{
	u64 task = bpf_get_current_task(), pid_tgid = bpf_get_current_pid_tgid();
	struct task_record *record;
	if (is_own(pid_tgid))
		return 0;
#if !defined(WITH_ENTERS) && E_bpf_func_id_BPF_FUNC_task_pt_regs >= 0      /* since 5.15 */
	tell_last_call(regs_of_task(), pid_tgid);
#endif
	record = begin(TASK_EXIT);
	if (!record)
		return 0;
	record->values[0] = kernel_u32(task, O_task_struct_exit_code);
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

/* signal_deliver: number, struct kernel_siginfo, struct k_sigaction */
int stream_signal(struct bpf_raw_tracepoint_args *ctx)
{
	int number = ctx->args[0];
	u64 info = ctx->args[1];
	struct task_record *record;
	if (is_own(bpf_get_current_pid_tgid()))
		return 0;
	record = begin(SIGNAL);
	if (!record)
		return 0;
	record->values[0] = number;
	record->values[1] = 0;
	/* 0 and 1 stand for signals that nobody sent, or the kernel did. */
	if (info > 1) {
		record->values[1] = kernel_u32(info, O_kernel_siginfo_si_code);
		record->values[2] = kernel_u32(info, SIGINFO_PID);
	} else {
		record->values[1] = 0x80;
		record->values[2] = 0;
	}
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

/* sched_switch: preempt, prev, next; the running task is still the one before */
int stream_switch(struct bpf_raw_tracepoint_args *ctx)
{
	u64 before = ctx->args[1], next = ctx->args[2];
	struct memory_facts facts = {};
	struct task_record *record;
	if (is_own(bpf_get_current_pid_tgid()))
		return 0;
	record = begin(SWITCH);
	if (!record)
		return 0;
	read_memory(&facts, load_pointer(CURRENT_TASK(), O_task_struct_mm));     /* which is that before */
	record->values[0] = kernel_u32(next, O_task_struct_pid);
	record->values[1] = kernel_u64(before, O_task_struct_maj_flt);
	record->values[2] = kernel_u64(before, O_task_struct_min_flt);
	record->values[3] = facts.size_kb;
	record->values[4] = facts.rss_kb;
	record->values[5] = facts.swap_kb;
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

/* page_fault_user, page_fault_kernel: address, registers, error code */
int stream_fault(struct bpf_raw_tracepoint_args *ctx)
{
	u64 address = ctx->args[0], regs = ctx->args[1], error = ctx->args[2];
	struct task_record *record;
	if (is_own(bpf_get_current_pid_tgid()))
		return 0;
	record = begin(FAULT);
	if (!record)
		return 0;
	record->values[0] = address;
	record->values[1] = kernel_u64(regs, O_pt_regs_ip);
	record->values[2] = error;
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}
