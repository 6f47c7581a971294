/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The end of every system call: one record for those that are wanted. */

#define MESSAGE_VECTOR 16       /* of struct msghdr: the vectors, and how many */
#define MAX_LIGHT 4             /* ops of a call that are no process' */

#define EXECVE 59

BPF_PROG_ARRAY(processes, 1);
BPF_PROG_ARRAY(call_processes, 1);      /* the same behind tracepoints of single calls */

struct small {
	struct head head;
	u8 data[SMALL];
};

/* Registers of x86-64 that carry arguments; those of a call that has ended still do, but for an exec that went well. */
static __always_inline void fill_head(struct head *head, struct pt_regs *regs, u64 nr, u64 pid_tgid, u8 kind)
{
	u64 value;
	head->ts_ns = bpf_ktime_get_boot_ns();
	head->pid_tgid = pid_tgid;
	TYPED(value, regs, O_pt_regs_di);
	head->regs[0] = value;
	TYPED(value, regs, O_pt_regs_si);
	head->regs[1] = value;
	TYPED(value, regs, O_pt_regs_dx);
	head->regs[2] = value;
	TYPED(value, regs, O_pt_regs_r10);
	head->regs[3] = value;
	TYPED(value, regs, O_pt_regs_r8);
	head->regs[4] = value;
	TYPED(value, regs, O_pt_regs_r9);
	head->regs[5] = value;
	TYPED(value, regs, O_pt_regs_ax);
	head->regs[RESULT] = value;
	head->nr = nr;
	head->cpu = bpf_get_smp_processor_id();
	head->kind = kind;
	__builtin_memset(head->size, 0, sizeof(head->size));
}

/* Programs of 32 bits have other numbers for system calls; their code segment tells. */
static __always_inline int is_foreign(struct pt_regs *regs)
{
	u64 segment;
	TYPED(segment, regs, O_pt_regs_cs);
	return (segment & 0xffff) == 0x23;
}

static __always_inline void count_foreign(void)
{
	int zero = 0;
	struct counters *c = counters.lookup(&zero);
	if (c)
		c->foreign++;
}

/* What costs the verifier much stands first among the ops of a call, and is looked at once. */
static __always_inline int is_long(u32 kind)
{
	return kind == VECTOR || kind == MESSAGE || kind == POLLS;
}

static __always_inline u32 fetch_long(struct scratch *s, struct op *op)
{
	u64 message[2] = {}, from, count;
	if (op->kind == POLLS)
		return fetch_polls(s, reg(s, op->a), reg(s, op->b));
	from = reg(s, op->a);
	count = reg(s, op->b);
	if (op->kind == MESSAGE) {
		if (!from || bpf_probe_read_user(message, 16, (void *)(from + MESSAGE_VECTOR)))
			return 0;
		from = message[0];
		count = message[1];
	}
	return fetch_vector(s, from, count, op->c);
}

static __always_inline u32 fetch(struct scratch *s, struct op *op)
{
	u64 a = reg(s, op->a), b = reg(s, op->b);
	switch (op->kind) {
	case STRING:
		return fetch_string(s, a);
	case BYTES:
		return fetch_bytes(s, a, op->b);
	case BUFFER_IN:
		return fetch_buffer(s, a, b);
	case BUFFER_OUT:
		return result(s) > 0 ? fetch_buffer(s, a, result(s)) : 0;
	case ADDRESS:
	case BUFFER_SIZE:
		return fetch_address(s, a, (u32)b);
	case ADDRESS_OUT:
	case BUFFER_SIZE_AT:
		return fetch_address_out(s, a, b);
	case MESSAGE_NAME:
		return fetch_message_name(s, a);
	case FILE:
		return fetch_file(s, a);
	case FILE_AT:
		return result(s) < 0 ? 0 : fetch_file(s, number_at(a));
	case SOCKET:
		return op->c && !s->step ? 0 : fetch_socket(s, a);
	case SOCKET_AT:
		return result(s) < 0 ? 0 : fetch_socket(s, number_at(a));
	case MEMORY:
		return fetch_memory(s);
	}
	return 0;
}

/* What the arguments of a call that is no process' point at. */
static __always_inline void fetch_all(struct scratch *s, struct call *call)
{
	int first = 0;
	if (is_long(call->op[0].kind)) {
		took(s, 0, fetch_long(s, &call->op[0]));
		first = 1;
	}
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_LIGHT; i++) {
		if (i >= call->ops || s->used > SCRATCH_LAST)
			break;
		if (i >= first)
			took(s, i, fetch(s, &call->op[i]));
	}
}

static __always_inline struct scratch *begin_record(struct pt_regs *regs, u64 nr, u64 pid_tgid)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct scratch *s = scratches.lookup(&cpu);
	if (!s)
		return 0;
	fill_head(&s->head, regs, nr, pid_tgid, CALL_EXIT);
	s->used = 0;
	s->step = 0;
	return s;
}

static __always_inline void send_process(struct scratch *s, struct call *call)
{
	took(s, 0, fetch_process(s, flags_of_clone(s, reg(s, call->op[0].a), call->op[0].b)));
	took(s, 1, fetch_arguments(s, reg(s, call->op[1].a)));
	if (call->ops > 2) {
		took(s, 2, fetch_environment(s, reg(s, call->op[2].a)));
		took(s, 3, fetch_program(s, reg(s, call->op[3].a)));
		took(s, 4, fetch_executable(s));
	}
	send(s);
}

/* 1 where what the program has of the time before it is to be told, too. */
static __always_inline int ended_process(struct pt_regs *regs)
{
	u32 key, cpu = bpf_get_smp_processor_id();
	struct scratch *s = scratches.lookup(&cpu);
	struct call *call;
	u64 nr = 0;
	if (!s)
		return 0;
	TYPED(nr, regs, O_pt_regs_orig_ax);
	s->cgroups = tell_cgroups(s);
	s = begin_record(regs, nr, bpf_get_current_pid_tgid());
	if (!s)
		return 0;
	key = nr;
	call = calls.lookup(&key);
	if (!call)
		return 0;
	send_process(s, call);
	return call->ops > 2 && !result(s) && begins_to_pass(s);
}

/* clone, exec and their kin, whose records are all alike: a program of its own, because the verifier takes its time. */
int stream_process(u64 *ctx)
{
	if (ended_process((struct pt_regs *)ctx[0]))
		inherited.call(ctx, 0);
	return 0;
}

/* The arguments of syscalls:sys_exit_*. */
struct call_exit {
	u64 common;
	s64 nr;
	s64 ret;
};

static __always_inline struct pt_regs *regs_of_task(void)
{
	return (struct pt_regs *)TASK_REGISTERS(TASK_BTF());
}

#ifdef WITH_SINGLE_CALLS
int stream_call_process(struct call_exit *ctx)
{
	if (ended_process(regs_of_task()))
		call_inherited.call(ctx, 0);
	return 0;
}
#endif

#if defined(PREFILTER) && FILTER_NAMES
/* While nobody looks at system calls: a program of a name that is waited for has been executed. Stands behind watch_exec. */
int stream_exec(struct bpf_raw_tracepoint_args *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u32 key = EXECVE, cpu = bpf_get_smp_processor_id();
	int zero = 0;
	struct settings *set = settings.lookup(&zero);
	struct call *call = calls.lookup(&key);
	struct scratch *s = scratches.lookup(&cpu);
	if (!set || !set->waiting || !call || !s || !names_of_thread(pid_tgid))
		return 0;
	s->cgroups = tell_cgroups(s);
	__builtin_memset(&s->head, 0, sizeof(s->head));
	s->head.ts_ns = bpf_ktime_get_boot_ns();
	s->head.pid_tgid = pid_tgid;
	s->head.nr = EXECVE;
	s->head.kind = CALL_EXIT;
	s->head.cpu = cpu;
	s->used = 0;
	s->step = 0;
	send_process(s, call);
#if FILTER_NEWCOMERS
	if (begins_to_pass(s))
		exec_inherited.call(ctx, 0);
#endif
	return 0;
}
#endif

/* A record without anything fetched, or with one buffer that fits: written where it will be read. */
static __always_inline int send_small(struct pt_regs *regs, u64 nr, struct call *call, u64 pid_tgid)
{
	struct head *head;
	struct small *record;
	u64 from, n, most;
	if (!(call->flags & CALL_SMALL)) {
		head = ring.ringbuf_reserve(sizeof(struct head));
		if (!head) {
			count_lost();
			return 0;
		}
		fill_head(head, regs, nr, pid_tgid, CALL_EXIT);
		ring.ringbuf_submit(head, BPF_RB_NO_WAKEUP);
			return 0;
	}
	record = ring.ringbuf_reserve(sizeof(struct small));
	if (!record) {
		count_lost();
		return 0;
	}
	fill_head(&record->head, regs, nr, pid_tgid, CALL_EXIT);
	most = snaplen();
	n = call->op[0].kind == BUFFER_IN ? record->head.regs[2] : record->head.regs[RESULT];
	if (call->op[0].kind == BUFFER_OUT && (long)n < 0)
		n = 0;
	if (n > most)
		n = most;
	from = record->head.regs[1];
	if (n > SMALL)
		n = SMALL;
	asm volatile("%0 &= 127" : "+r"(n));
	if (n > SMALL)
		n = 0;
	if (!from || !n || bpf_probe_read_user(record->data, n, (void *)from))
		n = 0;
	record->head.size[0] = n;
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

static __always_inline int ended(void *ctx, int single, struct pt_regs *regs, u64 nr, long ret)
{
	u64 pid_tgid;
	int zero = 0;
	struct settings *set = settings.lookup(&zero);
	struct call *call = wanted_call(set, nr);
	struct scratch *s;
	if (!call)
		return 0;
	pid_tgid = own_pid_tgid();
	if (pid_tgid >> 32 == set->own_pid)
		return 0;
	if (is_foreign(regs)) {
		count_foreign();
		return 0;
	}
	if (!(call->flags & CALL_STATE) && !prefilter(call->clauses, call->flags & CALL_FD, regs, ret, pid_tgid))
		return 0;
	if (!call->ops || (call->flags & CALL_SMALL && set->snaplen <= SMALL))
		return send_small(regs, nr, call, pid_tgid);
	if (call->flags & CALL_PROCESS) {
		if (single)
			call_processes.call(ctx, 0);
		else
			processes.call(ctx, 0);
		count_lost();   /* it is not there */
		return 0;
	}
	s = begin_record(regs, nr, pid_tgid);
	if (!s)
		return 0;
	fetch_all(s, call);
	send(s);
	return 0;
}

/* sys_exit: registers, result */
int stream_exit(u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	u64 nr = 0;
	TYPED(nr, regs, O_pt_regs_orig_ax);
	return ended(ctx, 0, regs, nr, ctx[1]);
}

#ifdef WITH_SINGLE_CALLS         /* left out elsewhere, because it doubles what there is to compile */
/* One system call, of a tracepoint of its own: where few are wanted, this keeps off all others. */
int stream_call(struct call_exit *ctx)
{
	return ended(ctx, 1, regs_of_task(), (u32)ctx->nr, ctx->ret);
}
#endif
