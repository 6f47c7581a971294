/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 * Names of types that bcc's headers and the formats of tracepoints use. */
#ifndef CSYSPY_TYPES_H
#define CSYSPY_TYPES_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef __u16 __le16, __be16, __sum16;
typedef __u32 __le32, __be32, __wsum;
typedef __u64 __le64, __be64;
typedef _Bool bool;
enum { false = 0, true = 1 };

typedef unsigned long size_t, ino_t, pgoff_t, uintptr_t, aio_context_t, old_sigset_t;
typedef long ssize_t, off_t, __kernel_old_time_t;
typedef long long loff_t;
typedef unsigned long long sector_t, blkcnt_t;
typedef int pid_t, clockid_t, key_t, timer_t, mqd_t, key_serial_t, rwf_t;
typedef unsigned int uid_t, gid_t, dev_t, gfp_t, fmode_t, qid_t, blk_opf_t;
typedef unsigned short umode_t, sa_family_t;
typedef u32 errseq_t;
typedef struct { int unused; } sigset_t, siginfo_t, stack_t;
typedef struct { unsigned long bits[16]; } fd_set;
typedef void *cap_user_header_t, *cap_user_data_t, *__sighandler_t;

#define NULL ((void *)0)
#define __user
#define __bitwise
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __always_inline inline __attribute__((always_inline))

/* x86-64: registers as the kernel saves them on entry. */
struct pt_regs {
    unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#endif
