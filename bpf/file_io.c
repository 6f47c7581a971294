/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Bytes that reads and writes move through descriptors of files, by thread: exact, where the tasks' own accounting counts pipes
 * and terminals as well. */
#include "descriptors.h"
#include "thread_bytes.h"
#define READ(to, from) (to) = *(typeof(to) *)(from)

/* 1 in, 2 out, 0 neither: read, pread, readv, preadv, and the same of write. */
static __always_inline int direction(u64 number)
{
#if O_pt_regs_orig_ax >= 0
  if (number < 64)
    return 0xa0001ull >> number & 1 ? 1 : 0x140002ull >> number & 1 ? 2 : 0;
  return number == 295 || number == 327 ? 1 : number == 296 || number == 328 ? 2 : 0;
#else
  return number == 63 || number == 65 || number == 67 || number == 69 || number == 286   ? 1
         : number == 64 || number == 66 || number == 68 || number == 70 || number == 287 ? 2
                                                                                         : 0;
#endif
}

int csp_file_io(u64 *ctx)
{
  char *registers = (char *)ctx[0], *task;
  long result = (long)ctx[1];
  u64 fd = 0, file;
  u32 tid = 0, kind;
  int way;
  if (result <= 0)
    return 0;
#if O_pt_regs_orig_ax >= 0
  way = direction(*(u64 *)(registers + O_pt_regs_orig_ax));
  READ(fd, registers + O_pt_regs_di);
#else
  way = direction(*(u32 *)(registers + O_pt_regs_syscallno));
  READ(fd, registers + O_pt_regs_orig_x0);
#endif
  if (!way)
    return 0;
  task = TASK_BTF();
  file = file_of(fd);
  kind = file ? mode_of(inode_of(file)) >> 12 : 0;
  /* what sysdig calls a file: regular ones, devices, links (libs: userspace/libscap/linux/scap_fds.c) */
  if (kind != 8 && kind != 2 && kind != 6 && kind != 10)
    return 0;
  READ(tid, task + O_task_struct_pid);
  add_bytes(tid, result, way == 2);
  return 0;
}
