/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tables that are read and emptied come in twos: programs count in one while the reader empties the other, so that no count falls
 * into an entry that is just being taken out. The reader says whose turn it is. */
BPF_ARRAY(turns, u32, 1);

static __always_inline u32 turn(void)
{
  int zero = 0;
  u32 *which = turns.lookup(&zero);
  return which ? *which : 0;
}
