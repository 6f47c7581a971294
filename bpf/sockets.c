/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Bytes through sockets, by thread and connection: counted where the socket layer itself says how much went through.
 *
 * An entry belongs to one thread, so nothing is shared and plain additions do. Of sockets that are no IP connection (unix,
 * netlink) all that matters is the part that read(2) and its kin moved, which the kernel's I/O accounting of tasks holds as well.
 */
#include "runner.h"
#include "thread_bytes.h"
#include "turns.h"
#define READ(to, from) (to) = *(typeof(to) *)(from)
#define FAMILY_INET 2
#define FAMILY_INET6 10
#define ESTABLISHED 1
#define SYN_SENT 2
#define SYN_RECV 3
#define TCP 6
#define UDP 17

struct socket_key {
  u64 socket;
  u32 tid;
  u16 local_port;  /* host order */
  u16 remote_port; /* network order */
  u64 peer;        /* tells apart whom an unconnected socket sends to */
};

/* csyspy/capture/live/connections.pyx has the same layout. */
struct socket_row {
  u64 in_bytes;
  u64 out_bytes;
  u64 read_bytes; /* the parts that the task's own accounting counts, too */
  u64 written_bytes;
  u64 calls;
  u32 pid;
  u16 family;
  u8 protocol;
  u8 role; /* 1: this side connected; 2: it accepted; 0: not seen */
  u32 srtt_us; /* eight times the smoothed round trip time of TCP, as the kernel has it; 0: not measured */
  u8 local[16];
  u8 remote[16];
};

BPF_F_TABLE("hash", struct socket_key, struct socket_row, sockets, 65536, BPF_F_NO_PREALLOC);
BPF_F_TABLE("hash", struct socket_key, struct socket_row, sockets_too, 65536, BPF_F_NO_PREALLOC);
BPF_TABLE("lru_hash", u64, u8, socket_roles, 16384);
BPF_PERCPU_ARRAY(socket_scratch, struct socket_row, 1);
BPF_PERCPU_ARRAY(sockets_lost, u64, 1);

#if O_pt_regs_orig_ax >= 0
#define NUMBER(registers) (*(u64 *)((registers) + O_pt_regs_orig_ax))
#define SECOND(registers) (*(u64 *)((registers) + O_pt_regs_si))
#define FIFTH(registers) (*(u64 *)((registers) + O_pt_regs_r8))
#define SENDTO 44
#define SENDMSG 46
#define ACCOUNTED(number) ((number) < 64 && (0x0000010000180003ull >> (number) & 1))
#else
#define NUMBER(registers) ((u64) * (u32 *)((registers) + O_pt_regs_syscallno))
#define SECOND(registers) (*(u64 *)((registers) + O_pt_regs_regs + 8))
#define FIFTH(registers) (*(u64 *)((registers) + O_pt_regs_regs + 32))
#define SENDTO 206
#define SENDMSG 211
#define ACCOUNTED(number) ((number) == 63 || (number) == 64 || (number) == 65 || (number) == 66 || (number) == 71)
#endif

/* Whom an unconnected socket sends to, as the call says it. */
struct peer {
  u16 family;
  u16 port; /* network order */
  u32 address;
  u8 address6[16];
  u32 scope;
};

static __always_inline void read_peer(struct peer *peer, char *registers)
{
  u64 number = NUMBER(registers), at = 0;
  if (number == SENDTO)
    at = FIFTH(registers);
  else if (number == SENDMSG)
    bpf_probe_read_user(&at, 8, (void *)SECOND(registers)); /* msg_name stands first in a msghdr */
  if (at && bpf_probe_read_user(peer, sizeof(*peer), (void *)at))
    bpf_probe_read_user(peer, 16, (void *)at); /* as long as a sockaddr_in */
}

static __always_inline void first_time(struct socket_key *key, struct socket_row *row, char *socket, u16 family)
{
  u64 number = (u64)socket;
  u8 *role;
  row->family = family;
  row->pid = bpf_get_current_pid_tgid() >> 32;
  {
    u16 protocol = 0;
    READ(protocol, socket + O_sock_sk_protocol);
    row->protocol = protocol;
  }
  if (family == FAMILY_INET) {
    READ(*(u32 *)row->local, socket + O_sock___sk_common + O_sock_common_skc_rcv_saddr);
    READ(*(u32 *)row->remote, socket + O_sock___sk_common + O_sock_common_skc_daddr);
  } else {
#if O_sock_common_skc_v6_daddr >= 0
    bpf_probe_read_kernel(row->local, 16, socket + O_sock___sk_common + O_sock_common_skc_v6_rcv_saddr);
    bpf_probe_read_kernel(row->remote, 16, socket + O_sock___sk_common + O_sock_common_skc_v6_daddr);
#endif
  }
#if O_tcp_sock_srtt_us >= 0
  /* once an interval for each thread, and not with every call */
  if (row->protocol == TCP)
    bpf_probe_read_kernel(&row->srtt_us, 4, socket + O_tcp_sock_srtt_us);
#endif
  role = socket_roles.lookup(&number);
  if (role)
    row->role = *role;
}

static __always_inline int moved_ip(char *socket, u16 family, char *registers, u32 tid, int bytes, int out, int accounted)
{
  struct socket_key key = {.socket = (u64)socket, .tid = tid};
  struct socket_row *row;
  struct peer peer = {};
  u32 which;
  int zero = 0;

  READ(key.local_port, socket + O_sock___sk_common + O_sock_common_skc_num);
  READ(key.remote_port, socket + O_sock___sk_common + O_sock_common_skc_dport);
  if (out && !key.remote_port) {
    read_peer(&peer, registers);
    key.remote_port = peer.port;
    key.peer = peer.address ^ *(u32 *)(peer.address6 + 12);
  }
  which = turn();
  row = which ? sockets_too.lookup(&key) : sockets.lookup(&key);
  if (!row) {
    row = socket_scratch.lookup(&zero);
    if (!row)
      return 0;
    __builtin_memset(row, 0, sizeof(*row));
    first_time(&key, row, socket, family);
    if (peer.family == FAMILY_INET)
      *(u32 *)row->remote = peer.address;
    else if (peer.family == FAMILY_INET6)
      __builtin_memcpy(row->remote, peer.address6, 16);
    /* a server usually begins with a read and a client with a write (libs: parsers.cpp, set_net_role_by_guessing) */
    if (!row->role && row->protocol == UDP)
      row->role = out ? 1 : 2;
    if (which ? sockets_too.update(&key, row) : sockets.update(&key, row)) {
      u64 *lost = sockets_lost.lookup(&zero);
      if (lost)
        (*lost)++;
      return 0;
    }
    row = which ? sockets_too.lookup(&key) : sockets.lookup(&key);
    if (!row)
      return 0;
  }
  row->calls++;
  if (out) {
    row->out_bytes += bytes;
    if (accounted)
      row->written_bytes += bytes;
  } else {
    row->in_bytes += bytes;
    if (accounted)
      row->read_bytes += bytes;
  }
  return 0;
}

/* An empty program already costs a local socket a tenth, so what is not IP is told first, and all others asked only where somebody wants
 * to know what the tasks' own accounting has of them. */
static __always_inline int moved(u64 *ctx, int out, int others)
{
  char *socket = (char *)ctx[0], *registers;
  int bytes = (int)ctx[1], is_ip, accounted;
  u32 tid = 0;
  u16 family = 0;
  READ(family, socket + O_sock___sk_common + O_sock_common_skc_family);
  is_ip = family == FAMILY_INET || family == FAMILY_INET6;
  if (bytes <= 0 || (!is_ip && !others))
    return 0;
  registers = runner_of(ctx, &tid);
  if (!registers)
    return 0;
  /* whether the task's I/O accounting counts the call as well: read, write, readv, writev, sendfile */
  accounted = ACCOUNTED(NUMBER(registers));
  if (is_ip)
    return moved_ip(socket, family, registers, tid, bytes, out, accounted);
  if (accounted)
    add_bytes(tid, bytes, out);
  return 0;
}

int csp_ip_send(u64 *ctx)
{
  return moved(ctx, 1, 0);
}

int csp_ip_receive(u64 *ctx)
{
  return moved(ctx, 0, 0);
}

int csp_socket_send(u64 *ctx)
{
  return moved(ctx, 1, 1);
}

int csp_socket_receive(u64 *ctx)
{
  return moved(ctx, 0, 1);
}

/* Who began: seen when a connection is made, which may be in an interrupt, so nothing of the current task counts here. */
int csp_socket_state(struct bpf_raw_tracepoint_args *ctx)
{
  u64 number = ctx->args[0];
  int old = (int)ctx->args[1], new = (int)ctx->args[2];
  u8 role = old == SYN_SENT ? 1 : 2;
  if (new == ESTABLISHED && (old == SYN_SENT || old == SYN_RECV))
    socket_roles.update(&number, &role);
  return 0;
}
