/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Where a program's file lies: in the layer of an overlay that can be written to, below it, or in memory alone. */
#include "task_loads.h"
#define OVERLAYFS 0x794c7630
enum { LAYER_UPPER = 1 << 16, LAYER_LOWER = 2 << 16, LAYER_MEMFD = 4 << 16 };

static __always_inline u32 layer_of(char *file, char *inode)
{
	char name[8] = {};
	u64 dentry = 0, text = 0, block = 0, magic = 0, upper = 0;
	MEMBER(dentry, file, T_file, O_file_f_path + O_path_dentry);
	MEMBER(text, dentry, T_dentry, O_dentry_d_name + O_qstr_name);
	bpf_probe_read_kernel(name, 6, (void *)text);
	if (name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':')
		return LAYER_MEMFD;
#if O_ovl_inode___upperdentry >= 0 && O_ovl_inode_vfs_inode >= 0
	MEMBER(block, inode, T_inode, O_inode_i_sb);
	MEMBER(magic, block, T_super_block, O_super_block_s_magic);
	if (magic == OVERLAYFS) {
		KERNEL(upper, (u64)inode - O_ovl_inode_vfs_inode, O_ovl_inode___upperdentry); /* of a module: its types are not the kernel's */
		return upper ? LAYER_UPPER : LAYER_LOWER;
	}
#endif
	return 0;
}
