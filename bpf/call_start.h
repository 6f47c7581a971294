/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* When the current system call of a thread began, and who the thread is: in a slot that the place of its registers leads to, which lie
 * on its own kernel stack. Both come without a call into the kernel. Of two threads that share a slot, the one loses its latency, never
 * its count. */
#define START_SLOTS 65536
#define STACK_SHIFT 14 /* kernel stacks have that many bits at least */
#define TASK_TID(task) (*(u32 *)((task) + O_task_struct_pid))

struct start {
  u64 thread; /* the upper bits of the registers' place << 32 | tid */
  u64 ns;
};

BPF_ARRAY(starts, struct start, START_SLOTS);

/* A thread's slot, which is its own from now on; 0 never comes, but the verifier does not know. */
static __always_inline struct start *start_of(char *registers)
{
  int zero = 0;
  struct start *start, *first = starts.lookup(&zero);
  u64 at;
  u32 place;
  if (!first)
    return 0;
  at = (u64)registers - (u64)first; /* of an address the verifier allows no other arithmetic */
  place = at >> STACK_SHIFT & (START_SLOTS - 1);
  start = starts.lookup(&place);
  if (!start)
    return 0;
  at = at >> (STACK_SHIFT + 16) << 32;
  if ((start->thread & ~0xffffffffull) != at || !start->thread) {
    start->ns = 0;
    start->thread = at | (u32)bpf_get_current_pid_tgid();
  }
  return start;
}

int csp_call_start(u64 *ctx)
{
  struct start *start = start_of((char *)ctx[0]);
  if (start)
    start->ns = bpf_ktime_get_ns();
  return 0;
}

/* Nanoseconds since then; 0 where it was not seen. */
static __always_inline u64 latency_of(struct start *start)
{
  u64 ns = start->ns;
  if (!ns)
    return 0;
  start->ns = 0;
  return bpf_ktime_get_ns() - ns;
}

/* A thread ends, and another will get its stack. */
int csp_call_thread_end(struct bpf_raw_tracepoint_args *ctx)
{
  void *task = (void *)((u64(*)(void))158)();                    /* bpf_get_current_task_btf */
  struct start *start = start_of((char *)((u64(*)(void *))175)(task)); /* bpf_task_pt_regs */
  if (start)
    start->thread = 0;
  return 0;
}
