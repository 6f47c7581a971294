/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Where there is no filter everything passes; what stands in place of this is written by csyspy/capture/live/prefilter.py. */

#ifndef PREFILTER
static __always_inline int prefilter(u32 clauses, int has_fd, struct pt_regs *regs, long ret, u64 pid_tgid)
{
	return 1;
}
#endif
