/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* When the current system call began: a slot that the thread's number leads to. Of two threads that share one, the first loses
 * its latency, never its count. */
#define START_SLOTS 65536

struct start {
  u64 tid;
  u64 ns;
};

BPF_ARRAY(starts, struct start, START_SLOTS);

int csp_call_start(u64 *ctx)
{
  u64 tid = (u32)bpf_get_current_pid_tgid();
  u32 place = tid & (START_SLOTS - 1);
  struct start *start = starts.lookup(&place);
  if (!start)
    return 0;
  start->tid = tid;
  start->ns = bpf_ktime_get_ns();
  return 0;
}

/* Nanoseconds since then; 0 where it was not seen. */
static __always_inline u64 latency_of(u64 tid)
{
  u32 place = tid & (START_SLOTS - 1);
  u64 ns = 0;
  struct start *start = starts.lookup(&place);
  if (start && start->tid == tid && start->ns) {
    ns = bpf_ktime_get_ns() - start->ns;
    start->ns = 0;
  }
  return ns;
}
