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

static __always_inline struct start *own_start(void)
{
  void *task = (void *)((u64(*)(void))158)();               /* bpf_get_current_task_btf */
  return start_of((char *)((u64(*)(void *))175)(task)); /* bpf_task_pt_regs */
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
