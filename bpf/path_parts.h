/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Names of a path from its last to its first, one after another, each with its 0: the reader turns them round. */
#define PARTS_BYTES 1024
#define PART_MOST 256

struct path_parts {
  u64 bytes;
  char text[PARTS_BYTES + PART_MOST];
};

/* Append the name at that address of the kernel; what has no room is left out, and the path begins later. */
static __always_inline void add_part(struct path_parts *parts, char *name)
{
  u64 at = parts->bytes;
  long length;
  if (at >= PARTS_BYTES)
    return;
  asm volatile("%0 &= %1" : "+r"(at) : "i"(PARTS_BYTES - 1));
  length = bpf_probe_read_kernel_str(parts->text + at, PART_MOST, name);
  if (length > 1)
    parts->bytes = at + length;
}
