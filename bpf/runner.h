/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Which thread runs, and the registers with which it came into the kernel: in a slot that the place of its kernel stack leads to, where
 * a program's arguments lie. So both come without a call into the kernel. Of two threads that share a slot each finds the other there,
 * and asks. */
#include "helpers.h"
#include "kernel_functions.h"
#define STACK_SHIFT 14 /* where kernel stacks have more bits, nothing is kept */
#define RUNNERS 16384
#define EXITING 0x4 /* PF_EXITING */

#if T_bpf_rdonly_cast >= 0 && T_pt_regs >= 0
struct runner {
  u64 stack;     /* its place >> STACK_SHIFT */
  u64 registers; /* their place */
  u64 tid;
};

struct runners {
  u64 here; /* the place of this itself: of pointers the verifier allows nothing but differences */
  char of[RUNNERS * sizeof(struct runner)]; /* of chars, because bcc writes code for each member */
};

BPF_ARRAY(runners, struct runners, 1);

static __always_inline u64 stack_of(struct runners *all, u64 *ctx)
{
  return ((u64)ctx - (u64)all + all->here) >> STACK_SHIFT;
}

/* The registers of the running thread, and its number; 0 never comes, but the verifier does not know. */
static __always_inline char *runner_of(u64 *ctx, u32 *tid)
{
  int zero = 0;
  struct runners *all = runners.lookup(&zero);
  struct runner *runner;
  u64 stack, registers = 0;
  if (!all)
    return 0;
  stack = stack_of(all, ctx);
  runner = &((struct runner *)all->of)[stack & (RUNNERS - 1)];
  if (all->here && runner->stack == stack) {
    *tid = runner->tid;
    return CAST(runner->registers, T_pt_regs);
  }
  {
    char *task = TASK_BTF();
    u64 pointer = (u64)TASK_REGISTERS(task);
    u32 flags = *(u32 *)(task + O_task_struct_flags);
    bpf_probe_read_kernel(&registers, sizeof(registers), &pointer);
    *tid = *(u32 *)(task + O_task_struct_pid);
    if (all->here && registers >> STACK_SHIFT == stack && !(flags & EXITING)) {
      runner->stack = 0;
      runner->tid = *tid;
      runner->registers = registers;
      runner->stack = stack;
    }
    *(struct runners **)&all->here = all;
  }
  return CAST(registers, T_pt_regs);
}

/* A thread ends, and another will get its stack; or it has another number from now on: execve gives it that of its process. */
int csp_runner_changes(u64 *ctx)
{
  int zero = 0;
  struct runners *all = runners.lookup(&zero);
  struct runner *runner;
  u64 stack;
  if (!all)
    return 0;
  stack = stack_of(all, ctx);
  runner = &((struct runner *)all->of)[stack & (RUNNERS - 1)];
  if (runner->stack == stack)
    runner->stack = 0;
  return 0;
}
#else
static __always_inline char *runner_of(u64 *ctx, u32 *tid)
{
  char *task = TASK_BTF();
  *tid = *(u32 *)(task + O_task_struct_pid);
  return TASK_REGISTERS(task);
}

int csp_runner_changes(u64 *ctx)
{
  return 0;
}
#endif
