/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What is behind a file descriptor of the running task. */

#include "descriptors.h"

#ifndef O_unix_sock_peer
#define O_unix_sock_peer -1
#endif

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define INET 2
#define INET6 10
#define UNIX 1
#define NETLINK 16

struct file_facts {
	u64 ino;
	u32 dev;                /* major << 20 | minor */
	u32 mode;
};

struct socket_facts {
	u16 family, local_port, peer_port;
	u8 state, type;
	u8 local[16], peer[16];
	u64 self, other;        /* unix: the socket and its peer */
	u32 backlog, max_backlog;
	u8 protocol, spare[3];
	u16 own_path, peer_path;  /* unix: bytes of the paths that follow */
};

static __always_inline u32 fetch_file(struct scratch *s, int fd)
{
	struct file_facts facts = {};
	u64 file = file_of(fd), inode, block = 0;
	if (!file)
		return 0;
	inode = inode_of(file);
	MEMBER(block, inode, T_inode, O_inode_i_sb);
	MEMBER(facts.ino, inode, T_inode, O_inode_i_ino);
	MEMBER(facts.dev, block, T_super_block, O_super_block_s_dev);
	facts.mode = mode_of(inode);
	bpf_probe_read_kernel(place(s), sizeof(facts), &facts);
	return sizeof(facts);
}

/* The number at a pointer of the program, or -1. */
static __always_inline int number_at(u64 from)
{
	int value = -1;
	if (!from || bpf_probe_read_user(&value, 4, (void *)from))
		return -1;
	return value;
}

/* Path of a unix socket that is bound, with what follows it; at most 110 bytes. */
static __always_inline u32 socket_path(u64 sk, void *to)
{
	u64 address = kernel_u64(sk, O_unix_sock_addr), n;
	if (!address)
		return 0;
	n = kernel_u32(address, O_unix_address_len);
	if (n <= 2)
		return 0;
	n -= 2;
	if (n > 108)
		n = 108;
	asm volatile("%0 &= 127" : "+r"(n));
	return bpf_probe_read_kernel(to, n, (void *)(address + O_unix_address_name + 2)) ? 0 : n;
}

static __always_inline u32 fetch_socket(struct scratch *s, int fd)
{
	struct socket_facts *facts = place(s);
	u64 file = file_of(fd), socket, sk, n;
	u16 port = 0;
	if (!file || (mode_of(inode_of(file)) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = kernel_u64(file, O_file_private_data);
	sk = kernel_u64(socket, O_socket_sk);
	if (!sk)
		return 0;
	__builtin_memset(facts, 0, sizeof(*facts));
	KERNEL(facts->family, sk, O_sock_common_skc_family);
	KERNEL(facts->state, sk, O_sock_common_skc_state);
	KERNEL(facts->type, socket, O_socket_type);
	KERNEL(facts->protocol, sk, O_sock_sk_protocol);
	KERNEL(facts->backlog, sk, O_sock_sk_ack_backlog);
	KERNEL(facts->max_backlog, sk, O_sock_sk_max_ack_backlog);
	if (facts->family == INET || facts->family == INET6) {
		KERNEL(facts->local_port, sk, O_sock_common_skc_num);
		KERNEL(port, sk, O_sock_common_skc_dport);
		facts->peer_port = (port >> 8) | (port << 8);
		if (facts->family == INET) {
			bpf_probe_read_kernel(facts->local, 4, (void *)(sk + O_sock_common_skc_rcv_saddr));
			bpf_probe_read_kernel(facts->peer, 4, (void *)(sk + O_sock_common_skc_daddr));
		} else {
			bpf_probe_read_kernel(facts->local, 16, (void *)(sk + O_sock_common_skc_v6_rcv_saddr));
			bpf_probe_read_kernel(facts->peer, 16, (void *)(sk + O_sock_common_skc_v6_daddr));
		}
		return sizeof(*facts);
	}
	if (facts->family != UNIX)
		return sizeof(*facts);
	facts->self = sk;
	facts->other = kernel_u64(sk, O_unix_sock_peer);
	n = socket_path(sk, facts + 1);
	asm volatile("%0 &= 127" : "+r"(n));
	facts->own_path = n;
	if (facts->other)
		facts->peer_path = socket_path(facts->other, (void *)(facts + 1) + n);
	return sizeof(*facts) + facts->own_path + facts->peer_path;
}
