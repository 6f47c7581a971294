/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What calls do to descriptors: by thread and file, and of everything that is no file by thread and kind.
 *
 * A file is known by its directory entry and name; the path is walked once per entry and interval, into `paths`, for the descriptor may be
 * closed, and the process gone, before the reader comes.
 */
#include "path_parts.h"
#include "call_start.h"
#include "descriptors.h"
#include "turns.h"
#define READ(to, from) (to) = *(typeof(to) *)(from)
#define MOST_ERRNO 4095
#define PATH_DEPTH 20

/* What a call has to do with descriptors; csyspy.capture.live.call_events fills `call_kinds` with it. */
#define USES_FD 1 /* the first argument is one */
#define MAKES_FD 2 /* the result is one */
#define READS 4
#define WRITES 8
#define IS_OPEN 16
#define FIFTH_FD 32 /* the fifth argument is the descriptor, not the first */

struct file_key {
  u64 entry; /* a number for the directory entry; of what has only a name, all of a kind together, its operations; 0 for what has none */
  u32 tid;
  u32 kind; /* mode of the inode >> 12; of sockets 0x100 | family; 0x200 where the call has no descriptor */
};

/* csyspy/capture/live/files.pyx has the same layout. */
struct file_row {
  u64 calls;
  u64 errors;
  u64 opens;
  u64 in_bytes;
  u64 out_bytes;
  u64 latency_ns;
  u64 io_latency_ns; /* of calls that read or write */
};

BPF_F_TABLE("hash", struct file_key, struct file_row, files, 65536, BPF_F_NO_PREALLOC);
BPF_F_TABLE("hash", struct file_key, struct file_row, files_too, 65536, BPF_F_NO_PREALLOC);
BPF_F_TABLE("hash", u64, struct path_parts, paths, 16384, BPF_F_NO_PREALLOC);
BPF_PERCPU_ARRAY(path_scratch, struct path_parts, 1);
BPF_ARRAY(call_kinds, u32, 512);
BPF_PERCPU_ARRAY(files_lost, u64, 1);

static __always_inline char *pointer(char *from)
{
  char *to = 0;
  bpf_probe_read_kernel(&to, 8, from);
  return to;
}

/* A number for a directory entry: the place alone may be another file's by now, and a file may be renamed. */
static __always_inline u64 number_of(char *entry)
{
  u64 parts[2] = {}; /* the folder, and hash and length of the name */
#if O_dentry_d_name == O_dentry_d_parent + 8
  bpf_probe_read_kernel(parts, 16, entry + O_dentry_d_parent);
#else
  bpf_probe_read_kernel(&parts[0], 8, entry + O_dentry_d_parent);
  bpf_probe_read_kernel(&parts[1], 8, entry + O_dentry_d_name);
#endif
  return (u64)entry ^ (parts[0] ^ parts[1] * 0x9E3779B97F4A7C15ULL) << 1;
}

/* Walk from the directory entry `at` up to the root, through the mounts. */
static __always_inline void keep_path(u64 entry, char *at, char *mount_seen)
{
  int zero = 0, i;
  char *mount = mount_seen - O_mount_mnt;
  struct path_parts *parts;
  if (paths.lookup(&entry))
    return;
  parts = path_scratch.lookup(&zero);
  if (!parts)
    return;
  parts->bytes = 0;
#pragma unroll
  for (i = 0; i < PATH_DEPTH; i++) {
    char *up = pointer(at + O_dentry_d_parent);
    if (at == up || at == pointer(mount + O_mount_mnt + O_vfsmount_mnt_root)) {
      char *outer = pointer(mount + O_mount_mnt_parent);
      if (outer == mount) {
        /* what hangs under no root has a name of its own: a pipe, a socket, memory */
        if (!parts->bytes)
          add_part(parts, pointer(at + O_dentry_d_name + O_qstr_name));
        break;
      }
      at = pointer(mount + O_mount_mnt_mountpoint);
      mount = outer;
      continue;
    }
    add_part(parts, pointer(at + O_dentry_d_name + O_qstr_name));
    at = up;
  }
  paths.update(&entry, parts);
}

static __always_inline int counted(u64 *ctx, int timed)
{
  char *registers = (char *)ctx[0], *task, *entry = 0, *mount = 0;
  long result = (long)ctx[1];
  struct file_key key = {};
  struct file_row *row;
  u64 number = 0, fd = 0, fifth = 0, file = 0, latency_ns = 0;
  u32 place, what, which;
  u32 *kind;
  int zero = 0;

  task = TASK_BTF();
  key.tid = TASK_TID(task);
  if (timed) {
    struct start *start = start_of(registers);
    if (start)
      latency_ns = latency_of(start);
  }
#if O_pt_regs_orig_ax >= 0
  READ(number, registers + O_pt_regs_orig_ax);
  READ(fd, registers + O_pt_regs_di);
  READ(fifth, registers + O_pt_regs_r8);
#else
  READ(number, registers + O_pt_regs_syscallno);
  READ(fd, registers + O_pt_regs_orig_x0);
  READ(fifth, registers + O_pt_regs_regs + 32);
#endif
  place = number & 511;
  kind = call_kinds.lookup(&place);
  if (!kind)
    return 0;
  what = *kind;
  if (what & FIFTH_FD)
    fd = fifth;
  if (what & USES_FD)
    file = file_of(fd);
  else if (what & MAKES_FD && result >= 0)
    file = file_of(result);
  key.kind = 0x200;
  if (file) {
    key.kind = mode_of(inode_of(file)) >> 12;
    if (key.kind == 12) {
      key.kind = 0x100 | (family_of(file) & 0xff);
    } else if (key.kind != 1) {
      KERNEL(entry, file, O_file_f_path + O_path_dentry); /* a number from now on: with pointers that it knows the verifier allows no math */
      MEMBER(mount, file, T_file, O_file_f_path + O_path_mnt);
      if (key.kind)
        key.entry = number_of(entry);
      else
        MEMBER(key.entry, file, T_file, O_file_f_op);
    }
  }
  which = turn();
  row = which ? files_too.lookup(&key) : files.lookup(&key);
  if (!row) {
    struct file_row first = {};
    if (key.entry)
      keep_path(key.entry, entry, mount);
    which ? files_too.update(&key, &first) : files.update(&key, &first);
    row = which ? files_too.lookup(&key) : files.lookup(&key);
    if (!row) {
      u64 *lost = files_lost.lookup(&zero);
      if (lost)
        (*lost)++;
      return 0;
    }
  }
  row->calls++;
  row->latency_ns += latency_ns;
  if (what & (READS | WRITES))
    row->io_latency_ns += latency_ns;
  if (what & IS_OPEN)
    row->opens++;
  if (result < 0 && result >= -MOST_ERRNO)
    row->errors++;
  else if (result > 0 && what & READS)
    row->in_bytes += result;
  else if (result > 0 && what & WRITES)
    row->out_bytes += result;
  return 0;
}

int csp_file_call(u64 *ctx)
{
  return counted(ctx, 0);
}

int csp_file_call_timed(u64 *ctx)
{
  return counted(ctx, 1);
}
