/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Two sums a thread, since the thread was first seen: in a slot that its number leads to, without a hash. The slot belongs to
 * who takes it first, until the reader gives it back; a thread whose slot is taken goes to the hash. A thread runs on one CPU at
 * a time, so plain additions do. csyspy/capture/live/tasks.pyx has the same layout. */
#define THREAD_SLOTS 65536
#ifndef BPF_F_MMAPABLE
#define BPF_F_MMAPABLE 1024
#endif

struct thread_bytes {
  u64 tid;
  u64 read_bytes;
  u64 written_bytes;
};

BPF_F_TABLE("array", u32, struct thread_bytes, thread_slots, THREAD_SLOTS, BPF_F_MMAPABLE);
BPF_F_TABLE("hash", u64, struct thread_bytes, thread_others, THREAD_SLOTS, BPF_F_NO_PREALLOC);
BPF_PERCPU_ARRAY(threads_lost, u64, 1);

static __always_inline void add_bytes(u32 tid, u64 bytes, int written)
{
  u32 place = tid & (THREAD_SLOTS - 1);
  u64 wide = tid;
  struct thread_bytes *slot = thread_slots.lookup(&place);
  if (!slot)
    return;
  if (slot->tid != wide && __sync_val_compare_and_swap(&slot->tid, 0, wide) != 0) {
    slot = thread_others.lookup(&wide);
    if (!slot) {
      struct thread_bytes first = {.tid = wide};
      int zero = 0;
      thread_others.update(&wide, &first);
      slot = thread_others.lookup(&wide);
      if (!slot) {
        u64 *lost = threads_lost.lookup(&zero);
        if (lost)
          (*lost)++;
        return;
      }
    }
  }
  if (written)
    slot->written_bytes += bytes;
  else
    slot->read_bytes += bytes;
}
