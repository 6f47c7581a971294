"""CPU times of processes from passes of the kernel's task iterator (bpf/stream_cpu_times.h): what /proc/PID/stat says, for all at once."""

from libc.stdint cimport uint32_t, uint64_t

import os

NS_PER_S = 1_000_000_000

cdef packed struct Row:     # of a thread
    uint64_t start_ns
    uint64_t run_ns
    uint64_t user_ns
    uint64_t system_ns
    uint32_t tid
    uint32_t pid


cdef class Process:
    """What its threads have used together, in this pass; and what was said of it last."""

    cdef uint64_t start_ns
    cdef uint64_t run_ns
    cdef uint64_t user_ns
    cdef uint64_t system_ns
    cdef uint64_t said_user_ns
    cdef uint64_t said_system_ns
    cdef uint64_t passes

    cdef void divide(self) noexcept:
        """Ticks divide the exact sum, and neither part ever shrinks (kernel/sched/cputime.c: cputime_adjust)."""
        cdef uint64_t ticks = self.user_ns + self.system_ns
        cdef uint64_t system_ns
        if self.said_user_ns + self.said_system_ns >= self.run_ns:
            return      # a thread may have ended in the middle of the pass
        system_ns = <uint64_t>(<long double>self.run_ns * self.system_ns / ticks) if ticks else 0
        system_ns = max(system_ns, self.said_system_ns)
        if self.run_ns - system_ns < self.said_user_ns:
            system_ns = self.run_ns - self.said_user_ns
        self.said_system_ns = system_ns
        self.said_user_ns = self.run_ns - system_ns


cdef class CpuTimes:
    """Remembers what it has said of each process, because what it says never shrinks."""

    cdef dict processes
    cdef uint64_t passes
    cdef uint64_t tick_ns

    def __init__(self):
        self.processes = {}
        self.tick_ns = NS_PER_S // os.sysconf("SC_CLK_TCK")

    def of_pass(self, const unsigned char[::1] rows not None):
        """(pid, user, system) of all processes, in ticks of the clock, from the rows of one pass."""
        cdef Py_ssize_t i
        cdef const Row* row
        cdef Process process
        cdef list found = []
        self.passes += 1
        for i in range(rows.shape[0] // <Py_ssize_t>sizeof(Row)):
            row = <const Row*>&rows[i * <Py_ssize_t>sizeof(Row)]
            process = self.met(row)
            process.run_ns += row.run_ns
            process.user_ns += row.user_ns
            process.system_ns += row.system_ns
        for pid, process in list(self.processes.items()):
            if process.passes != self.passes:
                del self.processes[pid]
                continue
            process.divide()
            found.append((pid, process.said_user_ns // self.tick_ns, process.said_system_ns // self.tick_ns))
        return found

    cdef Process met(self, const Row* row):
        cdef Process process = self.processes.get(row.pid)
        if process is None or (row.tid == row.pid and process.start_ns and process.start_ns != row.start_ns):
            process = self.processes[row.pid] = Process.__new__(Process)
        if process.passes != self.passes:
            process.passes = self.passes
            process.run_ns = process.user_ns = process.system_ns = 0
        if row.tid == row.pid:
            process.start_ns = row.start_ns
        return process
