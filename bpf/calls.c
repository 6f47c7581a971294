/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* System calls, as they end: how many, how long, how many fail and how. Each program is attached only where its answer is wanted.
 *
 * Keys hold the thread, so an entry belongs to one thread and plain additions do.
 */
#include "call_start.h"
#include "descriptors.h"
#include "turns.h"
#define READ(to, from) (to) = *(typeof(to) *)(from)
#define MOST_ERRNO 4095
#define SEGMENT_32 0x23 /* user code of 32 bits has calls of its own, with other numbers */
#define NUMBER_32 0x800
#ifndef BPF_F_MMAPABLE
#define BPF_F_MMAPABLE 1024
#endif

/* csyspy/capture/live/calls.pyx has the same layouts. */
struct call_row {
  u64 calls;
  u64 latency_ns;
  u64 ends; /* of these, in a new thread: it ends a call that another began */
};

/* A row in a slot that its key leads to, without a hash. The slot belongs to who takes it first, until the reader gives it back; a
 * row whose slot is taken goes to the hash. */
#define CALL_SLOT_BITS 14
#define CALL_SLOTS (1 << CALL_SLOT_BITS) /* for each turn */
#define GOLDEN_RATIO 0x9E3779B97F4A7C15ull /* scatters: where threads had their slots side by side, common calls of one fell on those of the next */
struct call_slot {
  u64 key;
  struct call_row row;
};

struct cpu_row {
  u64 calls;
  u64 latency_ns;
  u64 in_bytes;
  u64 out_bytes;
  u64 errors;
};

struct call_slots {
  char of[2 * CALL_SLOTS * sizeof(struct call_slot)];
};

BPF_F_TABLE("array", u32, struct call_slots, call_slots, 1, BPF_F_MMAPABLE);
/* tid << 32 | number of the call */
BPF_F_TABLE("hash", u64, struct call_row, calls, 131072, BPF_F_NO_PREALLOC);
BPF_F_TABLE("hash", u64, struct call_row, calls_too, 131072, BPF_F_NO_PREALLOC);
/* tid << 32 | kind of the descriptor << 24 | number << 12 | errno */
BPF_F_TABLE("hash", u64, u64, failures, 65536, BPF_F_NO_PREALLOC);
BPF_F_TABLE("hash", u64, u64, failures_too, 65536, BPF_F_NO_PREALLOC);
BPF_PERCPU_ARRAY(cpus, struct cpu_row, 1);
BPF_PERCPU_ARRAY(calls_lost, u64, 1);

static __always_inline u32 call_number(char *registers)
{
#if O_pt_regs_orig_ax >= 0
  u64 number = 0;
  u16 segment = 0;
  READ(number, registers + O_pt_regs_orig_ax);
  READ(segment, registers + O_pt_regs_cs);
  number &= 0x7ff;
  return segment == SEGMENT_32 ? number | NUMBER_32 : number;
#else
  u32 number = 0;
  READ(number, registers + O_pt_regs_syscallno);
  return number & 0x7ff;
#endif
}

static __always_inline int lose(void)
{
  int zero = 0;
  u64 *lost = calls_lost.lookup(&zero);
  if (lost)
    (*lost)++;
  return 0;
}

static __always_inline int is_new_thread(u32 number, long result)
{
  if (result != 0)
    return 0;
#if O_pt_regs_orig_ax >= 0
  return number == 56 || number == 57 || number == 58 || number == 435;
#else
  return number == 220 || number == 435;
#endif
}

static __always_inline void add_call(struct call_row *row, long result, u32 number, u64 latency_ns)
{
  row->calls++;
  row->latency_ns += latency_ns;
  if (is_new_thread(number, result))
    row->ends++;
}

static __always_inline void count(u32 tid, u32 number, long result, u64 latency_ns)
{
  u64 key = (u64)tid << 32 | number;
  u32 which = turn();
  int zero = 0;
  struct call_slots *all = call_slots.lookup(&zero);
  struct call_slot *slot;
  struct call_row *row;
  if (!all)
    return;
  slot = &((struct call_slot *)all)[(key * GOLDEN_RATIO >> (64 - CALL_SLOT_BITS)) + (which ? CALL_SLOTS : 0)];
  if (slot->key == key || __sync_val_compare_and_swap(&slot->key, 0, key) == 0) {
    add_call(&slot->row, result, number, latency_ns);
    return;
  }
  row = which ? calls_too.lookup(&key) : calls.lookup(&key);
  if (row) {
    add_call(row, result, number, latency_ns);
    return;
  }
  struct call_row first = {.calls = 1, .latency_ns = latency_ns, .ends = is_new_thread(number, result)};
  if (which ? calls_too.update(&key, &first) : calls.update(&key, &first))
    lose();
}

int csp_call_exit(u64 *ctx)
{
  char *task = TASK_BTF();
  count(TASK_TID(task), call_number((char *)ctx[0]), (long)ctx[1], 0);
  return 0;
}

int csp_call_timed(u64 *ctx)
{
  char *registers = (char *)ctx[0];
  struct start *start = start_of(registers);
  if (start)
    count((u32)start->thread, call_number(registers), (long)ctx[1], latency_of(start));
  return 0;
}

/* The way that bytes go in a call: 1 in, 2 out, 0 none. Numbers of x86-64; elsewhere by the defines of the loader. */
static __always_inline int direction(u32 number)
{
#if O_pt_regs_orig_ax >= 0
  if (number < 64)
    return 0x0000a000000a0001ull >> number & 1 ? 1 : 0x0000500000140002ull >> number & 1 ? 2 : 0;
  return number == 295 || number == 327 ? 1 : number == 296 || number == 328 ? 2 : 0;
#else
  return number == 63 || number == 65 || number == 67 || number == 69 || number == 207 || number == 212 || number == 286   ? 1
         : number == 64 || number == 66 || number == 68 || number == 70 || number == 206 || number == 211 || number == 287 ? 2
                                                                                                                           : 0;
#endif
}

int csp_cpu_timed(u64 *ctx)
{
  int zero = 0;
  long result = (long)ctx[1];
  char *registers = (char *)ctx[0];
  struct start *start = start_of(registers);
  struct cpu_row *cpu = cpus.lookup(&zero);
  if (!start || !cpu)
    return 0;
  cpu->calls++;
  cpu->latency_ns += latency_of(start);
  if (result < 0) {
    if (result >= -MOST_ERRNO)
      cpu->errors++;
  } else if (result > 0) {
    int way = direction(call_number(registers));
    if (way == 1)
      cpu->in_bytes += result;
    else if (way == 2)
      cpu->out_bytes += result;
  }
  return 0;
}

/* What a descriptor of the current process is: the upper bits of the inode's mode (S_IFMT >> 12); of sockets 12, of IP sockets 13;
 * 0 where there is none. */
static __always_inline u32 kind_of(u32 fd)
{
  u64 file = file_of(fd);
  u32 kind = file ? mode_of(inode_of(file)) >> 12 : 0;
  if (kind != 12)
    return kind;
  return family_of(file) == 2 || family_of(file) == 10 ? 13 : 12;
}

int csp_call_failed(u64 *ctx)
{
  long result = (long)ctx[1];
  u64 key, fd = 0, *total, one = 1;
  u32 number, which;
  char *registers = (char *)ctx[0];
  if (result >= 0 || result < -MOST_ERRNO)
    return 0;
  number = call_number(registers);
#if O_pt_regs_di >= 0
  READ(fd, registers + O_pt_regs_di);
#else
  READ(fd, registers + O_pt_regs_orig_x0);
#endif
  key = (u64)(u32)bpf_get_current_pid_tgid() << 32 | (u64)kind_of(fd) << 24 | number << 12 | (u32)-result;
  which = turn();
  total = which ? failures_too.lookup(&key) : failures.lookup(&key);
  if (total)
    (*total)++;
  else if (which ? failures_too.update(&key, &one) : failures.update(&key, &one))
    lose();
  return 0;
}
