/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 * What bcc's own headers look for. The kernel's headers are not needed: structures are reached by offsets from BTF. */
#define CONFIG_64BIT 1
#define CONFIG_BPF_SYSCALL 1
#ifndef LINUX_VERSION_CODE
#define LINUX_VERSION_CODE 0x60100 /* bcc wants one; which one does not matter */
#endif
