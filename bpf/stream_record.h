/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What the event stream sends: one record per system call that has ended, or per other event, in one ring for all CPUs.
 *
 * A record is `struct head` and the bytes that its `size`s count, one fetched thing behind the other. csyspy/capture/live/encode.pyx
 * reads them; keep both alike.
 */

#include "task_loads.h"

#define MAX_CALLS 512
#define MAX_OPS 6
#define PATH_ROOM 4096
#define LIST_ROOM 4096          /* of arguments and environment, as much as captures keep */
#define SCRATCH_LAST 16383      /* the last place where something fetched may begin */
#ifndef SNAP_ROOM
#define SNAP_ROOM 4096          /* most bytes of a buffer; a power of two */
#endif
#define DATA_MASK (SNAP_ROOM > 4096 ? 131071 : 32767)
#define FIXED sizeof(struct head)
#define SMALL 80                /* bytes of a buffer that a record of fixed size has room for */

enum kind { CALL_EXIT, CALL_ENTER, TASK_EXIT, SIGNAL, SWITCH, FAULT, CGROUPS, INHERITED };

/* Arguments of a system call, and its result. */
enum slot { RESULT = 6, SLOTS };

struct head {
	u64 ts_ns;              /* since boot, with the time asleep */
	u64 pid_tgid;
	u64 regs[SLOTS];
	u16 nr;
	u16 cpu;
	u8 kind;
	u8 spare[3];
	u16 size[MAX_OPS];
	u8 room[4];
};

struct op {
	u8 kind;
	u8 a, b, c;             /* slots of registers, or small numbers: see stream_fetch.h */
};

struct call {
	u8 ops;
	u8 flags;
	u8 spare[2];
	struct op op[MAX_OPS];
	u32 clauses;            /* of the filter, by bit: one of them has to hold; none: nothing is asked */
};

enum { CALL_STATE = 1, CALL_PROCESS = 2, CALL_SMALL = 4, CALL_FD = 8 };   /* of call.flags */

/* Read and written by the user side: what may change while the programs run. */
struct settings {
	u32 own_pid;
	u32 snaplen;
	u32 waiting;            /* system calls are not looked at yet */
	u64 wanted[MAX_CALLS / 64];     /* a bit for each call that is sent: most are not, and fail here without a look into `calls` */
};

struct counters {
	u64 lost, foreign;      /* foreign: system calls of 32-bit programs */
	u64 lost_ns;            /* when the last was lost, since boot */
};

struct scratch {
	u32 used;               /* bytes of data that are taken */
	u32 step;
	u64 a, b, c, d, count, open;  /* what a loop keeps from round to round, out of the verifier's sight */
	u64 runs;
	u64 cgroups;
	struct head head;       /* the record begins here */
	u8 data[SCRATCH_LAST + 1 + SNAP_ROOM + PATH_ROOM];
};

BPF_ARRAY(calls, struct call, MAX_CALLS);
BPF_ARRAY(settings, struct settings, 1);
BPF_PERCPU_ARRAY(counters, struct counters, 1);
BPF_ARRAY(scratches, struct scratch, 1);          /* one for each CPU, made when it is loaded */
BPF_RINGBUF_OUTPUT(ring, 1);        /* its size is chosen when it is loaded */

#ifdef WITHOUT_TYPES            /* registers are those that stream_tracepoints.h has kept, as our own headers have them */
#undef O_pt_regs_di
#define O_pt_regs_di __builtin_offsetof(struct pt_regs, di)
#undef O_pt_regs_si
#define O_pt_regs_si __builtin_offsetof(struct pt_regs, si)
#undef O_pt_regs_dx
#define O_pt_regs_dx __builtin_offsetof(struct pt_regs, dx)
#undef O_pt_regs_r10
#define O_pt_regs_r10 __builtin_offsetof(struct pt_regs, r10)
#undef O_pt_regs_r8
#define O_pt_regs_r8 __builtin_offsetof(struct pt_regs, r8)
#undef O_pt_regs_r9
#define O_pt_regs_r9 __builtin_offsetof(struct pt_regs, r9)
#undef O_pt_regs_ax
#define O_pt_regs_ax __builtin_offsetof(struct pt_regs, ax)
#undef O_pt_regs_orig_ax
#define O_pt_regs_orig_ax __builtin_offsetof(struct pt_regs, orig_ax)
#undef O_pt_regs_cs
#define O_pt_regs_cs __builtin_offsetof(struct pt_regs, cs)
#undef O_pt_regs_ip
#define O_pt_regs_ip __builtin_offsetof(struct pt_regs, ip)
#endif

static __always_inline u64 kernel_u64(u64 base, u32 offset)
{
	u64 value = 0;
	KERNEL(value, base, offset);
	return value;
}

static __always_inline u32 kernel_u32(u64 base, u32 offset)
{
	u32 value = 0;
	KERNEL(value, base, offset);
	return value;
}

/* A member of a structure whose type the verifier knows: a load in place of a call. */
#define TYPED(into, base, offset) asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(into) : "r"(base), "i"(offset))

static __always_inline void count_lost(void)
{
	int zero = 0;
	struct counters *c = counters.lookup(&zero);
	if (c) {
		c->lost++;
		c->lost_ns = bpf_ktime_get_boot_ns();
	}
}

/* What is to be sent of a system call; 0 where nothing is. */
static __always_inline struct call *wanted_call(struct settings *set, u64 nr)
{
	u32 key = nr;
	if (!set || nr >= MAX_CALLS || !(set->wanted[nr / 64] >> (nr % 64) & 1))
		return 0;
	return calls.lookup(&key);
}

static __always_inline void took(struct scratch *s, int i, u32 n)
{
	s->head.size[i] = n;
	s->step = n;
	s->used += n;
}

static __always_inline void send(struct scratch *s)
{
	u64 n = s->used;
	asm volatile("%0 &= %1" : "+r"(n) : "i"(DATA_MASK));
	if (n <= sizeof(s->data) && ring.ringbuf_output(&s->head, FIXED + n, BPF_RB_NO_WAKEUP))
		count_lost();
}
