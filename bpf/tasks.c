/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Threads and what the kernel itself has counted for them: no hook on the path of any system call.
 *
 * `csp_walk` goes over all threads whenever somebody asks, or the kernel's iterator runs `csp_tasks` for each of them, which takes
 * it ten times as long and has room for any number. A thread that ends in between would be missed, so `csp_task_exit` leaves its
 * last counts in `exited`, from where the reader takes them. They load members directly; members that this kernel lacks are -1
 * and their values stay 0.
 */
#include "kernel_functions.h"
#include "path_parts.h"
#define CGROUP_DEPTH 16
#define READ(to, from) (to) = *(typeof(to) *)(from)
#define RLIMIT_NOFILE 7

/* One thread; csyspy/capture/live/tasks.pyx has the same layout. */
struct task_row {
  u64 start_ns; /* since boot: together with tid it names a thread for good */
  u64 cpu_ns;   /* exact; the next two are ticks, good for their ratio alone */
  u64 user_ns;
  u64 system_ns;
  u64 minor_faults;
  u64 major_faults;
  u64 read_bytes; /* by read(2) and its kin from anything: files, pipes, terminals, sockets */
  u64 written_bytes;
  u64 vm_pages; /* of the process, as what follows */
  u64 rss_pages;
  u64 group_minor_faults; /* of threads that are gone */
  u64 group_major_faults;
  u64 fd_limit;
  u64 cgroup;        /* kernfs id in the unified hierarchy */
  u64 memory_cgroup; /* and in the one that has the memory controller */
  u32 tid;
  u32 pid;
  u32 parent_pid;
  u32 virtual_tid; /* in the innermost pid namespace */
  u32 virtual_pid;
  u32 uid;
  u32 threads;
  u32 exec_count; /* grows with every execve */
  u32 flags;
  u32 exit_code;
  char comm[16];
};

struct thread_key {
  u64 start_ns;
  u64 tid;
};

BPF_F_TABLE("hash", struct thread_key, struct task_row, exited, 65536, BPF_F_NO_PREALLOC);
/* Paths of control groups that ended threads belonged to: the reader may come too late to ask /proc for them. */
BPF_TABLE("lru_hash", u64, struct path_parts, cgroup_paths, 1024);
BPF_PERCPU_ARRAY(path_scratch, struct path_parts, 1);
BPF_PERCPU_ARRAY(row_scratch, struct task_row, 1);
BPF_PERCPU_ARRAY(exits_lost, u64, 1);

static __always_inline u32 virtual_id(char *pid)
{
  u32 level = 0, id = 0;
  if (!pid)
    return 0;
  READ(level, pid + O_pid_level);
  level &= 31;
  bpf_probe_read_kernel(&id, 4, pid + O_pid_numbers + level * (O_upid_ns + 8) + O_upid_nr);
  return id;
}

static __always_inline u64 cgroup_id(char *cgroup)
{
  char *node = 0;
  u64 id = 0;
  if (!cgroup)
    return 0;
  READ(node, cgroup + O_cgroup_kn);
  if (node)
    READ(id, node + O_kernfs_node_id);
  return id;
}

static __always_inline u64 rss_pages(char *mm)
{
  s64 files = 0, anonymous = 0, shared = 0;
#if O_percpu_counter_count >= 0 && O_percpu_counter_counters >= 0 && !defined(OLD_RSS_STAT)
#define RSS(i) (mm + O_mm_struct_rss_stat + (i) * (O_percpu_counter_counters + 8) + O_percpu_counter_count)
#else
#define RSS(i) (mm + O_mm_struct_rss_stat + (i) * 8)
#endif
  READ(files, RSS(0));
  READ(anonymous, RSS(1));
  READ(shared, RSS(3));
  files = files < 0 ? 0 : files; /* they are sums over CPUs that lag behind */
  anonymous = anonymous < 0 ? 0 : anonymous;
  shared = shared < 0 ? 0 : shared;
  return files + anonymous + shared;
}

static __always_inline void fill(struct task_row *row, char *task)
{
  char *leader = 0, *parent = 0, *group = 0, *mm = 0, *cred = 0, *sets = 0, *cgroup = 0, *pid = 0;

  task = CAST(task, T_task_struct);
  READ(row->start_ns, task + O_task_struct_start_boottime);
  READ(row->cpu_ns, task + O_task_struct_se + O_sched_entity_sum_exec_runtime);
  READ(row->user_ns, task + O_task_struct_utime);
  READ(row->system_ns, task + O_task_struct_stime);
  READ(row->minor_faults, task + O_task_struct_min_flt);
  READ(row->major_faults, task + O_task_struct_maj_flt);
#if O_task_struct_ioac >= 0 && O_task_io_accounting_rchar >= 0
  READ(row->read_bytes, task + O_task_struct_ioac + O_task_io_accounting_rchar);
  READ(row->written_bytes, task + O_task_struct_ioac + O_task_io_accounting_wchar);
#endif
  READ(row->tid, task + O_task_struct_pid);
  READ(row->pid, task + O_task_struct_tgid);
  READ(row->flags, task + O_task_struct_flags);
  READ(row->exit_code, task + O_task_struct_exit_code);
  READ(row->exec_count, task + O_task_struct_self_exec_id);
  bpf_probe_read_kernel(row->comm, sizeof(row->comm), task + O_task_struct_comm);

  READ(parent, task + O_task_struct_real_parent);
  if (parent)
    READ(row->parent_pid, parent + O_task_struct_tgid);
  READ(cred, task + O_task_struct_cred);
  if (cred)
    READ(row->uid, cred + O_cred_uid);
  READ(pid, task + O_task_struct_thread_pid);
  row->virtual_tid = virtual_id(pid);
  READ(leader, task + O_task_struct_group_leader);
  if (leader) {
    READ(pid, leader + O_task_struct_thread_pid);
    row->virtual_pid = virtual_id(pid);
  }
  READ(group, task + O_task_struct_signal);
  if (group) {
    READ(row->threads, group + O_signal_struct_nr_threads);
    READ(row->group_minor_faults, group + O_signal_struct_min_flt);
    READ(row->group_major_faults, group + O_signal_struct_maj_flt);
    READ(row->fd_limit, group + O_signal_struct_rlim + RLIMIT_NOFILE * 16);
  }
  READ(mm, task + O_task_struct_mm);
  if (mm) {
    READ(row->vm_pages, mm + O_mm_struct_total_vm);
    row->rss_pages = rss_pages(mm);
  }
  READ(sets, task + O_task_struct_cgroups);
  if (sets) {
    READ(cgroup, sets + O_css_set_dfl_cgrp);
    row->cgroup = cgroup_id(cgroup);
#if E_cgroup_subsys_id_memory_cgrp_id >= 0
    {
      char *state = 0;
      READ(state, sets + O_css_set_subsys + 8 * E_cgroup_subsys_id_memory_cgrp_id);
      if (state) {
        READ(cgroup, state + O_cgroup_subsys_state_cgroup);
        row->memory_cgroup = cgroup_id(cgroup);
      }
    }
#endif
  }
}

/* In place of a row: of a thread that has not run since the pass before, and is not its process' first, nothing is new. */
struct idle_row {
  u64 zero; /* where rows have the start */
  u64 tid;
};

struct told {
  u64 start_ns;
  u64 cpu_ns;
};

#define TOLD_SLOTS 65536
BPF_ARRAY(told, struct told, TOLD_SLOTS);

/* Whether a thread is only to be told as idle; otherwise where to note what is told of it, or 0 for the first of a process. */
static __always_inline int is_idle(char *task, u32 tid, struct told *now, struct told **before)
{
  u32 pid = 0, place = tid & (TOLD_SLOTS - 1);
  READ(pid, task + O_task_struct_tgid);
  *before = 0;
  if (tid == pid)
    return 0;
  *before = told.lookup(&place);
  READ(now->start_ns, task + O_task_struct_start_boottime);
  READ(now->cpu_ns, task + O_task_struct_se + O_sched_entity_sum_exec_runtime);
  return *before && (*before)->start_ns == now->start_ns && (*before)->cpu_ns == now->cpu_ns;
}

int csp_tasks(u64 *ctx)
{
  int zero = 0;
  u64 *meta = (u64 *)ctx[0];
  char *task = (char *)ctx[1];
  struct task_row *row;
  struct told now = {}, *before;
  u32 tid = 0;
  if (!task)
    return 0;
  READ(tid, task + O_task_struct_pid);
  if (is_idle(task, tid, &now, &before)) {
    struct idle_row idle = {.tid = tid};
    bpf_seq_write((void *)meta[0], &idle, sizeof(idle));
    return 0;
  }
  row = row_scratch.lookup(&zero);
  if (!row)
    return 0;
  __builtin_memset(row, 0, sizeof(*row));
  fill(row, task);
  /* what finds the kernel's buffer full is asked for again */
  if (!bpf_seq_write((void *)meta[0], row, sizeof(*row)) && before)
    *before = now;
  return 0;
}

#if T_bpf_iter_task_new >= 0 && T_bpf_iter_task_next >= 0 && T_bpf_iter_task_destroy >= 0
#define ALL_THREADS 1 /* BPF_TASK_ITER_ALL_THREADS */
#define WALK_BYTES (2 << 20)

/* csyspy/capture/live/task_rows.py has the same layout. */
struct walked {
  u64 bytes;
  u64 missing; /* threads that found no room */
  char rows[WALK_BYTES]; /* of chars, because bcc writes code for each member */
};

struct task_iterator {
  u64 opaque[3];
};

BPF_F_TABLE("array", u32, struct walked, walked, 1, BPF_F_MMAPABLE);

int csp_walk(u64 *ctx)
{
  int zero = 0;
  char *task;
  struct task_iterator threads = {};
  struct walked *all = walked.lookup(&zero);
  if (!all)
    return 0;
  all->bytes = all->missing = 0;
  ((int (*)(void *, void *, u32))(KERNEL_FUNCTION + T_bpf_iter_task_new))(&threads, 0, ALL_THREADS);
  while ((task = ((char *(*)(void *))(KERNEL_FUNCTION + T_bpf_iter_task_next))(&threads))) {
    struct told now = {}, *before;
    u64 at = all->bytes;
    u32 tid = 0;
    READ(tid, task + O_task_struct_pid);
    if (!tid) /* what runs where nothing does */
      continue;
    asm volatile("" : "+r"(at)); /* what is compared is what is used */
    if (at > WALK_BYTES - sizeof(struct task_row)) {
      all->missing++;
      continue;
    }
    if (is_idle(task, tid, &now, &before)) {
      struct idle_row *idle = (struct idle_row *)(all->rows + at);
      idle->zero = 0;
      idle->tid = tid;
      all->bytes = at + sizeof(*idle);
      continue;
    }
    __builtin_memset(all->rows + at, 0, sizeof(struct task_row));
    fill((struct task_row *)(all->rows + at), task);
    all->bytes = at + sizeof(struct task_row);
    if (before)
      *before = now;
  }
  ((int (*)(void *))(KERNEL_FUNCTION + T_bpf_iter_task_destroy))(&threads);
  return 0;
}
#endif

/* How many descriptors a process has open. */
struct fd_count {
  u32 pid;
  u32 open;
};

#define MOST_WORDS 1024 /* of 64 descriptors each */

int csp_fd_counts(u64 *ctx)
{
  u64 *meta = (u64 *)ctx[0];
  char *task = (char *)ctx[1], *files = 0, *table = 0, *bits = 0;
  struct fd_count count = {};
  u32 most = 0, tid = 0, i;
  if (!task)
    return 0;
  task = CAST(task, T_task_struct);
  READ(count.pid, task + O_task_struct_tgid);
  READ(tid, task + O_task_struct_pid);
  READ(files, task + O_task_struct_files);
  if (tid != count.pid || !files)
    return 0;
  READ(table, files + O_files_struct_fdt);
  if (!table)
    return 0;
  READ(most, table + O_fdtable_max_fds);
  READ(bits, table + O_fdtable_open_fds);
  for (i = 0; i < MOST_WORDS; i++) {
    u64 word = 0;
    if (i * 64 >= most)
      break;
    bpf_probe_read_kernel(&word, 8, bits + i * 8);
    count.open += __builtin_popcountll(word);
  }
  bpf_seq_write((void *)meta[0], &count, sizeof(count));
  return 0;
}

/* Remember the path of a control group by its id. */
static __always_inline void keep_path(char *cgroup)
{
  u64 id = cgroup_id(cgroup);
  char *node = 0;
  int zero = 0, i;
  struct path_parts *parts;
  if (!id || cgroup_paths.lookup(&id))
    return;
  parts = path_scratch.lookup(&zero);
  if (!parts)
    return;
  parts->bytes = 0;
  READ(node, cgroup + O_cgroup_kn);
#pragma unroll
  for (i = 0; i < CGROUP_DEPTH; i++) {
    char *name = 0;
    if (!node)
      break;
    bpf_probe_read_kernel(&name, 8, node + O_kernfs_node_name);
    add_part(parts, name);
    bpf_probe_read_kernel(&node, 8, node + O_kernfs_node___parent);
  }
  cgroup_paths.update(&id, parts);
}

static __always_inline void keep_paths(char *task)
{
  char *sets = 0, *cgroup = 0;
  task = CAST(task, T_task_struct);
  READ(sets, task + O_task_struct_cgroups);
  if (!sets)
    return;
  READ(cgroup, sets + O_css_set_dfl_cgrp);
  if (cgroup)
    keep_path(cgroup);
#if E_cgroup_subsys_id_memory_cgrp_id >= 0
  {
    char *state = 0;
    READ(state, sets + O_css_set_subsys + 8 * E_cgroup_subsys_id_memory_cgrp_id);
    if (state) {
      READ(cgroup, state + O_cgroup_subsys_state_cgroup);
      if (cgroup)
        keep_path(cgroup);
    }
  }
#endif
}

int csp_task_exit(u64 *ctx)
{
  int zero = 0;
  struct thread_key key = {};
  struct task_row *row = row_scratch.lookup(&zero);
  if (!row)
    return 0;
  __builtin_memset(row, 0, sizeof(*row));
  fill(row, (char *)ctx[0]);
  keep_paths((char *)ctx[0]);
  key.start_ns = row->start_ns;
  key.tid = row->tid;
  if (exited.update(&key, row)) {
    u64 *lost = exits_lost.lookup(&zero);
    if (lost)
      (*lost)++;
  }
  return 0;
}
