/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Where a program's file lies: in the layer of an overlay that can be written to, below it, or in memory alone. */
#define OVERLAYFS 0x794c7630
enum { LAYER_UPPER = 1 << 16, LAYER_LOWER = 2 << 16, LAYER_MEMFD = 4 << 16 };

static __always_inline u64 word_at(const void *base, u64 offset)
{
	u64 word = 0;
	bpf_probe_read_kernel(&word, sizeof(word), base + offset);
	return word;
}

static __always_inline u32 layer_of(char *file, char *inode)
{
	char name[8] = {};
	void *dentry = (void *)word_at(file, O_file_f_path + O_path_dentry);
	bpf_probe_read_kernel(name, 6, (void *)word_at(dentry, O_dentry_d_name + O_qstr_name));
	if (name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':')
		return LAYER_MEMFD;
#if O_ovl_inode___upperdentry >= 0 && O_ovl_inode_vfs_inode >= 0
	if (word_at((void *)word_at(inode, O_inode_i_sb), O_super_block_s_magic) == OVERLAYFS)
		return word_at(inode - O_ovl_inode_vfs_inode, O_ovl_inode___upperdentry) ? LAYER_UPPER : LAYER_LOWER;
#endif
	return 0;
}
