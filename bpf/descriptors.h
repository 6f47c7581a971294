/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What a descriptor of the running task stands for. */
#ifndef DESCRIPTORS
#define DESCRIPTORS

#include "task_loads.h"

/* struct file behind it; 0 where there is none. */
static __always_inline u64 file_of(u32 fd)
{
	char *files = load_pointer(CURRENT_TASK(), O_task_struct_files), *table;
	u64 file = 0;
	u32 most = 0;
	if (!files)
		return 0;
	table = load_pointer(files, O_files_struct_fdt);
	LOAD(most, table, O_fdtable_max_fds);
	if (fd < most)
		KERNEL(file, load_pointer(table, O_fdtable_fd), 8 * fd);
	return file;
}

static __always_inline u64 inode_of(u64 file)
{
	u64 inode = 0;
	MEMBER(inode, file, T_file, O_file_f_inode);
	return inode;
}

static __always_inline u32 mode_of(u64 inode)
{
	u16 mode = 0;
	MEMBER(mode, inode, T_inode, O_inode_i_mode);
	return mode;
}

/* Address family of a socket. */
static __always_inline u32 family_of(u64 file)
{
	u64 socket = 0, sock = 0;
	u16 family = 0;
	MEMBER(socket, file, T_file, O_file_private_data);
	MEMBER(sock, socket, T_socket, O_socket_sk);
	MEMBER(family, sock, T_sock, O_sock___sk_common + O_sock_common_skc_family);
	return family;
}
#endif
