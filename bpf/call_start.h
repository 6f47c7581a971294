/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* When the current system call of a thread began, and who the thread is: in a slot that the place of its registers leads to, which lie
 * on its own kernel stack. Both come without a call into the kernel. Of two threads that share a slot, the one loses its latency, never
 * its count.
 *
 * To read the clock at both ends costs more than all else here. Of a thread that makes calls by the hundred thousand a second one run
 * of calls in DRAWN is timed, by lot, and stands for DRAWN; what takes long is not left to the lot (docs/decisions/005). Runs, because
 * the CPU guesses wrong at every change.
 */
#include "helpers.h"
#define START_SLOTS 65536
#define STACK_SHIFT 14 /* kernel stacks have that many bits at least */
#define TASK_TID(task) (*(u32 *)((task) + O_task_struct_pid))
#define DRAWN 4
#define RUN 16
#define OFTEN (TICK_NS / 10000) /* calls in a tick that are all timed */

struct start {
  u64 thread; /* the upper bits of the registers' place << 32 | tid */
  u64 ns;     /* 0: not in a call, or its beginning was not seen */
  u32 tick;   /* in which the last call began */
  u32 calls;  /* that began in this tick */
  u32 weight; /* for how many calls the last one stands; 0: its run was not drawn */
  u32 lot;
};

/* One value that holds all is found at once, and then a slot by arithmetic. Of chars, because bcc writes code for each member. */
struct starts {
  char of[START_SLOTS * sizeof(struct start)];
};

BPF_ARRAY(starts, struct starts, 1);

/* A thread's slot, which is its own from now on; 0 never comes, but the verifier does not know. */
static __always_inline struct start *start_of(char *registers)
{
  int zero = 0;
  struct starts *all = starts.lookup(&zero);
  struct start *start;
  u64 at;
  if (!all)
    return 0;
  at = (u64)registers - (u64)all; /* of an address the verifier allows no other arithmetic */
  start = &((struct start *)all)[at >> STACK_SHIFT & (START_SLOTS - 1)];
  at = at >> (STACK_SHIFT + 16) << 32;
  if ((start->thread & ~0xffffffffull) != at || !start->thread) {
    start->ns = 0;
    start->tick = 0; /* another made the calls of this tick */
    start->thread = at | (u32)bpf_get_current_pid_tgid();
  }
  return start;
}

int csp_call_start(u64 *ctx)
{
  struct start *start = start_of((char *)ctx[0]);
  u32 tick = (u32)JIFFIES();
  if (!start)
    return 0;
  if (start->tick != tick) {
    start->tick = tick;
    start->calls = 0;
    start->weight = 1;
  } else if (++start->calls > OFTEN && start->calls % RUN == 0) {
    start->lot = start->lot * 1664525 + 1013904223; /* its upper bits are good enough */
    start->weight = start->lot < 0xffffffffu / DRAWN ? DRAWN : 0;
  }
  start->ns = start->weight ? bpf_ktime_get_ns() : 1;
  return 0;
}

/* Nanoseconds since then, of all calls that this one stands for; 0 where the beginning was not seen. A call in which the tick changes
 * twice took long: it stands for itself, drawn or not. */
static __always_inline u64 latency_of(struct start *start)
{
  u64 ns = start->ns;
  u32 weight = start->weight, ticks = (u32)JIFFIES() - start->tick;
  if (!ns)
    return 0;
  start->ns = 0;
  if (!weight)
    return ticks < 2 ? 0 : (u64)ticks * TICK_NS;
  ns = bpf_ktime_get_ns() - ns;
  return ticks < 2 ? ns * weight : ns;
}

static __always_inline struct start *own_start(void)
{
  return start_of(TASK_REGISTERS(TASK_BTF()));
}

/* A thread ends, and another will get its stack. */
int csp_call_thread_end(struct bpf_raw_tracepoint_args *ctx)
{
  struct start *start = own_start();
  if (start)
    start->thread = 0;
  return 0;
}

/* A thread that executes a program gets the number of its process. */
int csp_call_thread_exec(struct bpf_raw_tracepoint_args *ctx)
{
  struct start *start = own_start();
  if (start)
    start->thread = (start->thread & ~0xffffffffull) | (u32)bpf_get_current_pid_tgid();
  return 0;
}
