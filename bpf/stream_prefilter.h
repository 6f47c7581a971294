/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What the kernel can decide of the user's filter, before anything costly is done. It may let through what the filter refuses,
 * never the other way round. */

static __always_inline int prefilter(u32 nr, long ret, u64 pid_tgid)
{
	return 1;
}
