/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Helpers that not every bcc has a name for, by their numbers (enum bpf_func_id in linux/bpf.h). */
#ifndef HELPERS
#define HELPERS
#define JIFFIES() (((u64(*)(void))118)())                         /* bpf_jiffies64: a load, no call */
#define TASK_BTF() ((char *)((u64(*)(void))158)())                /* bpf_get_current_task_btf: a load, no call */
#define TASK_REGISTERS(task) ((char *)((u64(*)(void *))175)(task)) /* bpf_task_pt_regs */
#endif
