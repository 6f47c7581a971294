/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Fetching what a system call's arguments point at. Each function appends one thing to the scratch record and returns its size. */

enum fetch {
	NOTHING,
	STRING,          /* a: pointer */
	BYTES,           /* a: pointer; b: how many */
	BUFFER_IN,       /* a: pointer, b: size; at most the snaplen */
	BUFFER_OUT,      /* a: pointer; as many as the call returned */
	ADDRESS,         /* a: struct sockaddr, b: its size */
	ADDRESS_OUT,     /* a: struct sockaddr, b: pointer to its size; where the call succeeded */
	VECTOR,          /* a: struct iovec, b: how many, c: 1 where the call fills them. u64 size of all, then data */
	MESSAGE,         /* a: struct msghdr, c: as VECTOR. u64 size of all, then data */
	MESSAGE_NAME,    /* a: struct msghdr: its address */
	POLLS,           /* a: struct pollfd, b: how many */
	FILE,            /* a: slot of an fd: u64 inode, u32 device, u32 mode */
	FILE_AT,         /* a: pointer to an fd, where the call succeeded: as FILE */
	SOCKET,          /* a: slot of an fd: struct socket_facts, and paths for unix sockets. c: 1 only with an address fetched before */
	SOCKET_AT,       /* a: pointer to an fd */
	MEMORY,          /* sizes of the address space */
	PROCESS,         /* struct process_facts */
	ARGUMENTS,       /* a: slot of argv, for an exec that failed */
	ENVIRONMENT,     /* a: slot of envp, likewise */
	PROGRAM,         /* a: slot of the name, likewise */
	BUFFER_SIZE,     /* a: pointer, b: size, whatever the call returned; at most 255 bytes */
	BUFFER_SIZE_AT,  /* a: pointer, b: pointer to its size; where the call succeeded */
	EXECUTABLE,      /* path of the running program, its components from the leaf up */
};

#define MAX_ADDRESS 128
#define MAX_VECTORS 16
#define MAX_POLLS 64

/* The value of a register that an op names. */
static __always_inline u64 reg(struct scratch *s, u64 slot)
{
	asm volatile("%0 &= 7" : "+r"(slot));
	return s->head.regs[slot];
}

/* Where the next thing goes. */
static __always_inline void *place(struct scratch *s)
{
	u64 used = s->used;
	asm volatile("%0 &= 16383" : "+r"(used));
	return s->data + used;
}

static __always_inline long result(struct scratch *s)
{
	return (long)s->head.regs[RESULT];
}

static __always_inline u32 snaplen(void)
{
	int zero = 0;
	struct settings *set = settings.lookup(&zero);
	return set ? set->snaplen : 0;
}

static __always_inline u32 fetch_string(struct scratch *s, u64 from)
{
	long n;
	if (!from)
		return 0;
	n = bpf_probe_read_user_str(place(s), PATH_ROOM, (void *)from);
	return n > 0 ? n : 0;
}

static __always_inline u32 fetch_bytes(struct scratch *s, u64 from, u64 n)
{
	if (!from)
		return 0;
	asm volatile("%0 &= 255" : "+r"(n));
	return bpf_probe_read_user(place(s), n, (void *)from) ? 0 : n;
}

/* At most the snaplen of n bytes. */
static __always_inline u32 fetch_buffer(struct scratch *s, u64 from, u64 n)
{
	u64 most = snaplen();
	if (n > most)
		n = most;
	if (!from || !n)
		return 0;
	if (n >= SNAP_ROOM)
		n = SNAP_ROOM - 1;
	asm volatile("%0 &= %1" : "+r"(n) : "i"(SNAP_ROOM - 1));
	return bpf_probe_read_user(place(s), n, (void *)from) ? 0 : n;
}

static __always_inline u32 fetch_address(struct scratch *s, u64 from, u64 n)
{
	if (n > MAX_ADDRESS)
		n = MAX_ADDRESS;
	return fetch_bytes(s, from, n);
}

static __always_inline u32 fetch_address_out(struct scratch *s, u64 from, u64 size_at)
{
	u32 n = 0;
	if (result(s) < 0 || !from || !size_at || bpf_probe_read_user(&n, 4, (void *)size_at))
		return 0;
	return fetch_address(s, from, n);
}

/* u64 size of all of `count` vectors, then their data up to the snaplen; `out`: no more than the call returned. What lies in more than
 * MAX_VECTORS vectors counts as far as the call came. */
static __always_inline u32 fetch_vector(struct scratch *s, u64 from, u64 count, u32 out)
{
	u64 pair[2], most = snaplen();
	long ret = result(s);
	void *to = place(s);
	if (ret <= 0)
		most = 0;
	if (out && most > (u64)ret)
		most = ret;
	if (most > SNAP_ROOM - 16)
		most = SNAP_ROOM - 16;
	s->a = 0;               /* size of all */
	s->b = 0;               /* data copied */
	s->c = from;
	s->d = most;            /* room for data that is left */
	s->count = count;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_VECTORS; i++) {
		u64 n, at;
		if ((u64)i >= s->count || bpf_probe_read_user(pair, 16, (void *)(s->c + 16 * i)))
			break;
		s->a += pair[1];
		n = s->d;
		if (n > pair[1])
			n = pair[1];
		asm volatile("%0 &= %1" : "+r"(n) : "i"(SNAP_ROOM - 1));
		at = s->used + 8 + s->b;
		asm volatile("%0 &= 16383" : "+r"(at));
		bpf_probe_read_user(s->data + at, n, (void *)pair[0]);
		s->b += n;
		s->d -= n;
	}
	if (count > MAX_VECTORS && ret > 0)
		s->a = ret;
	if (out && (long)s->a > ret)
		s->a = ret < 0 ? 0 : ret;
	bpf_probe_read_kernel(to, 8, &s->a);
	return 8 + s->b;
}

static __always_inline u32 fetch_message_name(struct scratch *s, u64 from)
{
	u64 name[2] = {};
	if (!from || bpf_probe_read_user(name, 16, (void *)from))
		return 0;
	return fetch_address(s, name[0], (u32)name[1]);
}

static __always_inline u32 fetch_polls(struct scratch *s, u64 from, u64 count)
{
	u64 n = count > MAX_POLLS ? MAX_POLLS * 8 : count * 8;
	if (!from)
		return 0;
	asm volatile("%0 &= 1023" : "+r"(n));
	return bpf_probe_read_user(place(s), n, (void *)from) ? 0 : n;
}
