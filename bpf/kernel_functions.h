/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Functions of the kernel itself. The C can only be made to call helpers, which have small numbers: csyspy/capture/live/load.py knows the
 * others by what is added to theirs. */
#ifndef KERNEL_FUNCTION
#define KERNEL_FUNCTION 0x40000000

/* A place as a pointer to a structure, which loads may go by: takes nothing at run (since 6.2). Beyond it the verifier does not look
 * for what may be trusted, which takes it a millisecond for every pointer that is followed. */
#if T_bpf_rdonly_cast >= 0
#define CAST(place, structure) (((char *(*)(u64, u32))(KERNEL_FUNCTION + T_bpf_rdonly_cast))((u64)(place), structure))
#else
#define CAST(place, structure) (place)
#endif
#endif
