/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The same events by tracepoints of tracefs, for kernels without type information: their own fields, and what helpers tell.
 *
 * Arguments come with the start of a call and are kept until its end. What only structures of the kernel know stays empty; of
 * processes csyspy/capture/live/proc_facts.py reads it from /proc.
 */

#define MEMBERS u64 common       /* of all tracepoints: type, flags, pid */

/* raw_syscalls:sys_enter, sys_exit */
struct tracepoint_enter {
	MEMBERS;
	long nr;
	u64 arguments[6];
};

struct tracepoint_exit {
	MEMBERS;
	long nr;
	long result;
};

/* task:task_newtask */
struct tracepoint_new_task {
	MEMBERS;
	u32 tid;
	char comm[16];
	u64 clone_flags;
};

/* signal:signal_deliver */
struct tracepoint_signal {
	MEMBERS;
	int number, error, code;
};

/* sched:sched_switch */
struct tracepoint_switch {
	MEMBERS;
	char before_comm[16];
	u32 before_tid;
	int before_priority;
	long before_state;
	char next_comm[16];
	u32 next_tid;
};

/* exceptions:page_fault_user, page_fault_kernel */
struct tracepoint_fault {
	MEMBERS;
	u64 address, ip, error;
};

#define EXECVE 59
#define EXECVEAT 322
#define NOT_YET -38             /* what the kernel itself has as result until there is one */
#define USER_CODE 0x33          /* the segment that 64-bit programs run in; of others the numbers of calls are taken for theirs */

BPF_TABLE("lru_hash", u32, struct pt_regs, started, 16384);  /* calls that have not ended, by thread */
BPF_PERCPU_ARRAY(unknown, struct pt_regs, 1);                /* one whose beginning nobody saw */

/* Arguments and name of a program are gone at the end of a call that has succeeded. */
static __always_inline void send_beginning(u32 *tid, u64 nr, u64 pid_tgid)
{
	struct pt_regs *regs = started.lookup(tid);
	struct scratch *s;
	if (!regs)
		return;
	regs->ax = NOT_YET;
	s = begin_record(regs, nr, pid_tgid);
	if (!s)
		return;
	s->head.kind = CALL_ENTER;
	took(s, 0, fetch_pointers(s, nr == EXECVE ? regs->si : regs->dx));
	took(s, 1, fetch_string(s, nr == EXECVE ? regs->di : regs->si));
	send(s);
}

int stream_tracepoint_enter(struct tracepoint_enter *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u32 tid = pid_tgid, key = ctx->nr;
	int zero = 0;
	struct pt_regs regs = {};
	if (is_own(pid_tgid) || !wanted_call(settings.lookup(&zero), key))
		return 0;
	regs.orig_ax = ctx->nr;
	regs.cs = USER_CODE;
	regs.di = ctx->arguments[0];
	regs.si = ctx->arguments[1];
	regs.dx = ctx->arguments[2];
	regs.r10 = ctx->arguments[3];
	regs.r8 = ctx->arguments[4];
	regs.r9 = ctx->arguments[5];
	started.update(&tid, &regs);
	if (key == EXECVE || key == EXECVEAT)
		send_beginning(&tid, key, pid_tgid);
	return 0;
}

/* The same that stream_exit and stream_process send, of registers that are ours. */
static __always_inline void send_end(struct pt_regs *regs, struct call *call, u64 nr, u64 pid_tgid)
{
	int zero = 0;
	struct settings *set = settings.lookup(&zero);
	struct scratch *s;
	if (!set || (!(call->flags & CALL_STATE) && !prefilter(call->clauses, 0, regs, regs->ax, pid_tgid)))
		return;
	if (!call->ops || (call->flags & CALL_SMALL && set->snaplen <= SMALL)) {
		send_small(regs, nr, call, pid_tgid);
		return;
	}
	s = begin_record(regs, nr, pid_tgid);
	if (!s)
		return;
	if (call->flags & CALL_PROCESS) {
		took(s, 0, fetch_process(s, flags_of_clone(s, reg(s, call->op[0].a), call->op[0].b)));
		took(s, 1, fetch_arguments(s, reg(s, call->op[1].a)));
		if (call->ops > 2) {
			took(s, 2, 0);
			took(s, 3, fetch_program(s, reg(s, call->op[3].a)));
		}
		send(s);
		return;
	}
	fetch_all(s, call);
	send(s);
}

int stream_tracepoint_exit(struct tracepoint_exit *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u32 tid = pid_tgid, key = ctx->nr;
	int zero = 0;
	struct pt_regs *regs = started.lookup(&tid);
	struct call *call = wanted_call(settings.lookup(&zero), key);
	if (is_own(pid_tgid) || !call)
		return 0;
	if (!regs || regs->orig_ax != ctx->nr) {
		/* A child begins in the middle of its parent's call; other calls began before we did. */
		regs = unknown.lookup(&zero);
		if (!regs || !(call->flags & CALL_PROCESS))
			return 0;
		regs->orig_ax = ctx->nr;
		regs->cs = USER_CODE;
	}
	regs->ax = ctx->result;
	send_end(regs, call, key, pid_tgid);
	started.delete(&tid);
	return 0;
}

int stream_tracepoint_new_task(struct tracepoint_new_task *ctx)
{
	u32 tid = ctx->tid, parent = bpf_get_current_pid_tgid() >> 32;
	keep_flags(tid, ctx->clone_flags);
	parents.update(&tid, &parent);
	return 0;
}

int stream_tracepoint_task_exit(void *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u32 tid = pid_tgid;
	struct task_record *record;
	struct pt_regs *regs = started.lookup(&tid);
	if (regs && !is_own(pid_tgid))
		tell_last_call(regs, pid_tgid);
	started.delete(&tid);
	parents.delete(&tid);
	if (is_own(pid_tgid))
		return 0;
	record = begin(TASK_EXIT);
	if (!record)
		return 0;
	record->values[0] = 0;       /* its code stands in a structure */
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

int stream_tracepoint_signal(struct tracepoint_signal *ctx)
{
	struct task_record *record;
	if (is_own(bpf_get_current_pid_tgid()))
		return 0;
	record = begin(SIGNAL);
	if (!record)
		return 0;
	record->values[0] = ctx->number;
	record->values[1] = ctx->code;
	record->values[2] = 0;       /* so does its sender */
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

int stream_tracepoint_switch(struct tracepoint_switch *ctx)
{
	struct task_record *record;
	if (is_own(bpf_get_current_pid_tgid()))
		return 0;
	record = begin(SWITCH);
	if (!record)
		return 0;
	__builtin_memset(record->values, 0, sizeof(record->values));
	record->values[0] = ctx->next_tid;
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

int stream_tracepoint_fault(struct tracepoint_fault *ctx)
{
	struct task_record *record;
	if (is_own(bpf_get_current_pid_tgid()))
		return 0;
	record = begin(FAULT);
	if (!record)
		return 0;
	record->values[0] = ctx->address;
	record->values[1] = ctx->ip;
	record->values[2] = ctx->error;
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}
