from libc.stdint cimport int64_t, uint32_t, uint64_t

# bpf/tasks.c has the same layout.
cdef struct TaskRow:
    uint64_t start_ns
    uint64_t cpu_ns
    uint64_t user_ns
    uint64_t system_ns
    uint64_t minor_faults
    uint64_t major_faults
    uint64_t read_bytes
    uint64_t written_bytes
    uint64_t vm_pages
    uint64_t rss_pages
    uint64_t group_minor_faults
    uint64_t group_major_faults
    uint64_t fd_limit
    uint64_t cgroup
    uint64_t memory_cgroup
    uint32_t tid
    uint32_t pid
    uint32_t parent_pid
    uint32_t virtual_tid
    uint32_t virtual_pid
    uint32_t uid
    uint32_t threads
    uint32_t exec_count
    uint32_t flags
    uint32_t exit_code
    char comm[16]


cdef struct IdleRow:
    uint64_t zero
    uint64_t tid


# bpf/thread_bytes.h has the same layout.
cdef struct ThreadBytes:
    uint64_t tid
    uint64_t read_bytes
    uint64_t written_bytes


cdef class Thread:
    cdef TaskRow now              # the newest counts
    cdef readonly object tid
    cdef readonly object pid
    cdef readonly str comm
    cdef readonly bint ended      # within the interval
    cdef Thread leader            # the first thread of the process; itself where that is gone
    cdef uint64_t seen            # the pass that met it last
    cdef Py_ssize_t place         # its row in that pass
    # within the interval
    cdef readonly double cpu_ns
    cdef readonly double user_ns
    cdef readonly double read_bytes
    cdef readonly double written_bytes
    cdef double group_major_faults   # since the process began; of its first thread only
    cdef double group_minor_faults
    cdef double net_in_bytes
    cdef double net_out_bytes
    cdef double socket_read_bytes    # by read(2) and its kin: these are part of read_bytes
    cdef double socket_written_bytes
    cdef double file_in_bytes        # exact, where somebody counts it
    cdef double file_out_bytes
    cdef uint64_t calls
    cdef uint64_t errors
    cdef uint64_t file_errors
    cdef uint64_t net_errors
    cdef uint64_t memory_errors
    cdef uint64_t drift              # programs executed that the image of its container did not bring
    cdef uint32_t open_fds
    cdef uint64_t socket_reads       # bytes so far, as the kernel's slots of the thread have them
    cdef uint64_t socket_writes
    cdef uint64_t file_reads
    cdef uint64_t file_writes
    cdef str exeline
    cdef uint32_t exeline_of      # the exec_count that exeline belongs to
    cdef int begin(self, const TaskRow* row, bint is_new) except -1
    cdef int advance(self, const TaskRow* row) except -1
    cdef int rest(self) except -1
    cdef double file_in(self) noexcept
    cdef double file_out(self) noexcept


cdef class TaskTable:
    cdef public object describe
    cdef dict by_tid
    cdef list rows
    cdef uint64_t passes
    cdef uint64_t begin_ns
    cdef readonly double interval_ns
    cdef int64_t page_bytes
    cdef dict users
    cdef dict containers
    cdef dict owners
    cdef uint32_t own_pid
    cdef Py_ssize_t following     # row of the pass before that is expected next
    cdef Thread known(self, uint32_t tid)
    cdef int meet(self, const TaskRow* row, list rows) except -1
    cdef int meet_idle(self, uint32_t tid, list rows) except -1
    cdef int keep(self, Thread thread, list rows) except -1
    cdef int end(self, const TaskRow* row, list rows) except -1
    cdef int lead(self) except -1
    cdef Thread owner(self, object tid)
    cdef bint is_own(self, Thread thread) noexcept
    cdef int take(self, Thread thread, const ThreadBytes* slot, int what) except -1


cdef list values_of(TaskTable table, list threads, str field)
