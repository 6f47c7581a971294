/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Programs executed from the layer that a container has above its image's: how many, by thread. Nothing happens at any call but execve. */
#include "turns.h"
#include "layers.h"

BPF_F_TABLE("hash", u64, u64, drifts, 4096, BPF_F_NO_PREALLOC);
BPF_F_TABLE("hash", u64, u64, drifts_too, 4096, BPF_F_NO_PREALLOC);
BPF_PERCPU_ARRAY(drifts_lost, u64, 1);

int csp_drift(u64 *ctx)
{
  char *mm = load_pointer((char *)ctx[0], O_task_struct_mm), *file, *inode;
  u64 key, one = 1, *count;
  int zero = 0;
  u32 which;
  file = mm ? load_pointer(mm, O_mm_struct_exe_file) : 0;
  inode = file ? load_pointer(file, O_file_f_inode) : 0;
  if (!inode || layer_of(file, inode) != LAYER_UPPER)
    return 0;
  key = (u32)bpf_get_current_pid_tgid();
  which = turn();
  count = which ? drifts_too.lookup(&key) : drifts.lookup(&key);
  if (count)
    (*count)++;
  else if (which ? drifts_too.update(&key, &one) : drifts.update(&key, &one)) {
    count = drifts_lost.lookup(&zero);
    if (count)
      (*count)++;
  }
  return 0;
}
