/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The end of every system call: one record for those that are wanted. */

enum { WANTED_NO, WANTED_YES };

struct small {
	struct head head;
	u8 data[SMALL];
};

static __always_inline void fill_head(struct head *head, struct pt_regs *regs, u64 pid_tgid, u8 kind)
{
	head->ts_ns = bpf_ktime_get_boot_ns();
	head->pid_tgid = pid_tgid;
	bpf_probe_read_kernel(head->regs, sizeof(head->regs), (void *)((u64)regs + O_pt_regs_r10));
	__builtin_memset(head->size, 0, sizeof(head->size));
	head->kind = kind;
	head->spare = 0;
	head->cpu = bpf_get_smp_processor_id();
}

static __always_inline int is_foreign(struct head *head)
{
	return (head->regs[CS] & 0xffff) == 0x23;
}

static __always_inline void count_foreign(void)
{
	int zero = 0;
	struct counters *c = counters.lookup(&zero);
	if (c)
		c->foreign++;
}

static __always_inline u32 fetch(struct scratch *s, struct op *op)
{
	u64 a = op->a, b = op->b;
	switch (op->kind) {
	case STRING:
		return fetch_string(s, reg(s, a));
	case BYTES:
		return fetch_bytes(s, reg(s, a), b);
	case BUFFER_IN:
		return fetch_buffer(s, reg(s, a), reg(s, b));
	case BUFFER_OUT:
		return result(s) > 0 ? fetch_buffer(s, reg(s, a), result(s)) : 0;
	case ADDRESS:
		return fetch_address(s, reg(s, a), (u32)reg(s, b));
	case ADDRESS_OUT:
		return fetch_address_out(s, reg(s, a), reg(s, b));
	case VECTOR:
		return fetch_vector(s, reg(s, a), reg(s, b), op->c);
	case MESSAGE:
		return fetch_message(s, reg(s, a), op->c);
	case MESSAGE_NAME:
		return fetch_message_name(s, reg(s, a));
	case POLLS:
		return fetch_polls(s, reg(s, a), reg(s, b));
	case FILE:
		return fetch_file(s, reg(s, a));
	case FILE_AT:
		return result(s) < 0 ? 0 : fetch_file(s, number_at(reg(s, a)));
	case BUFFER_SIZE:
		return fetch_address(s, reg(s, a), (u32)reg(s, b));
	case BUFFER_SIZE_AT:
		return fetch_address_out(s, reg(s, a), reg(s, b));
	case SOCKET:
		if (op->c && !s->step)
			return 0;
		return fetch_socket(s, reg(s, a));
	case SOCKET_AT:
		return result(s) < 0 ? 0 : fetch_socket(s, number_at(reg(s, a)));
	case MEMORY:
		return fetch_memory(s);
	case PROCESS:
		return fetch_process(s, flags_of_clone(s, reg(s, a), b));
	case ARGUMENTS:
		return fetch_arguments(s, reg(s, a));
	case ENVIRONMENT:
		return fetch_environment(s, reg(s, a));
	case PROGRAM:
		return fetch_program(s, reg(s, a));
	case EXECUTABLE:
		return fetch_executable(s);
	}
	return 0;
}

/* A record without anything fetched, or with one buffer that fits: written where it will be read. */
static __always_inline int send_small(struct pt_regs *regs, struct call *call, u64 pid_tgid)
{
	struct head *head;
	struct small *record;
	u64 from, n, most;
	if (!(call->flags & CALL_SMALL)) {
		head = ring.ringbuf_reserve(sizeof(struct head));
		if (!head) {
			count_sent(1);
			return 0;
		}
		fill_head(head, regs, pid_tgid, CALL_EXIT);
		ring.ringbuf_submit(head, BPF_RB_NO_WAKEUP);
		count_sent(0);
		return 0;
	}
	record = ring.ringbuf_reserve(sizeof(struct small));
	if (!record) {
		count_sent(1);
		return 0;
	}
	fill_head(&record->head, regs, pid_tgid, CALL_EXIT);
	most = snaplen();
	n = call->op[0].kind == BUFFER_IN ? record->head.regs[RDX] : record->head.regs[RAX];
	if (call->op[0].kind == BUFFER_OUT && (long)n < 0)
		n = 0;
	if (n > most)
		n = most;
	from = record->head.regs[RSI];
	if (n > SMALL)
		n = SMALL;
	asm volatile("%0 &= 127" : "+r"(n));
	if (n > SMALL)
		n = 0;
	if (!from || !n || bpf_probe_read_user(record->data, n, (void *)from))
		n = 0;
	record->head.size[0] = n;
	ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	count_sent(0);
	return 0;
}

int stream_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	u64 pid_tgid, nr = 0, n;
	u32 key, cpu;
	int zero = 0;
	struct call *call;
	struct scratch *s;
	struct settings *set;
	KERNEL(nr, regs, O_pt_regs_orig_ax);
	if (nr >= MAX_CALLS)
		return 0;
	key = nr;
	call = calls.lookup(&key);
	if (!call || call->wanted == WANTED_NO)
		return 0;
	set = settings.lookup(&zero);
	pid_tgid = bpf_get_current_pid_tgid();
	if (!set || pid_tgid >> 32 == set->own_pid)
		return 0;
	if (!(call->flags & CALL_STATE) && !prefilter(nr, (long)ctx->args[1], pid_tgid))
		return 0;
	if (!call->ops || (call->flags & CALL_SMALL && set->snaplen <= SMALL))
		return send_small(regs, call, pid_tgid);
	cpu = bpf_get_smp_processor_id();
	s = scratches.lookup(&cpu);
	if (!s)
		return 0;
	if (call->flags & CALL_PROCESS)
		s->cgroups = tell_cgroups(s);
	fill_head(&s->head, regs, pid_tgid, CALL_EXIT);
	if (is_foreign(&s->head)) {
		count_foreign();
		return 0;
	}
	s->used = 0;
	s->step = 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_OPS; i++) {
		if (i >= call->ops || s->used > SCRATCH_LAST)
			break;
		n = fetch(s, &call->op[i]);
		s->head.size[i] = n;
		s->step = n;
		s->used += n;
	}
	n = s->used;
	asm volatile("%0 &= %1" : "+r"(n) : "i"(DATA_MASK));
	if (n > sizeof(s->data))
		return 0;
	count_sent(ring.ringbuf_output(&s->head, FIXED + n, BPF_RB_NO_WAKEUP));
	return 0;
}
