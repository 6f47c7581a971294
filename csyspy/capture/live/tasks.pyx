"""The threads of the machine from one pass of the kernel's task iterator to the next: what each used in between.

Rows are threads, those that ended since the last pass included; columns are by field name. Counts are those of the interval.
"""

from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from libc.string cimport memchr, memcmp, memcpy

import os

from csyspy.capture.live.identities import CONTAINER_FIELDS

cdef enum:
    EXITING = 0x4           # PF_EXITING
    KERNEL_THREAD = 0x200000    # PF_KTHREAD

ROW_BYTES = sizeof(TaskRow)
SOCKET_BYTES = 0
FILE_BYTES = 1
OF_THE_LIVING = " of the living"


cdef inline double _grown(uint64_t now, uint64_t before) noexcept:
    return <double>(now - before) if now > before else 0.0


cdef str _text(const char* raw, size_t most):
    cdef const char* end = <const char*>memchr(raw, 0, most)
    return raw[:most if end == NULL else end - raw].decode("utf-8", "surrogateescape")


cdef class Thread:
    """A thread, and what it used within the interval (ns, bytes)."""

    cdef int begin(self, const TaskRow* row, bint is_new) except -1:
        self.now = row[0]
        self.tid, self.pid = row.tid, row.pid
        self.comm = _text(row.comm, sizeof(row.comm))
        if is_new:
            self.now.cpu_ns = self.now.user_ns = self.now.system_ns = self.now.read_bytes = self.now.written_bytes = 0
        return 0

    cdef int advance(self, const TaskRow* row) except -1:
        cdef double ticks
        cdef TaskRow* now = &self.now
        cdef uint64_t vm_pages = row.vm_pages if not row.flags & EXITING else now.vm_pages
        cdef uint64_t rss_pages = row.rss_pages if not row.flags & EXITING else now.rss_pages
        self.rest()
        if memcmp(now.comm, row.comm, sizeof(row.comm)):
            self.comm = _text(row.comm, sizeof(row.comm))
        self.cpu_ns = _grown(row.cpu_ns, now.cpu_ns)
        # user and system are counted in ticks: their ratio divides the exact sum, as it does in /proc (kernel: cputime_adjust)
        ticks = _grown(row.user_ns, now.user_ns) + _grown(row.system_ns, now.system_ns)
        if ticks > 0:
            self.user_ns = self.cpu_ns * _grown(row.user_ns, now.user_ns) / ticks
        elif row.user_ns + row.system_ns > 0:
            self.user_ns = self.cpu_ns * row.user_ns / (<double>row.user_ns + row.system_ns)
        else:
            self.user_ns = 0 if row.flags & KERNEL_THREAD else self.cpu_ns
        self.read_bytes = _grown(row.read_bytes, now.read_bytes)
        self.written_bytes = _grown(row.written_bytes, now.written_bytes)
        memcpy(now, row, sizeof(TaskRow))
        now.vm_pages, now.rss_pages = vm_pages, rss_pages
        return 0

    cdef int rest(self) except -1:
        """An interval in which nothing is counted yet."""
        self.cpu_ns = self.user_ns = self.read_bytes = self.written_bytes = 0
        self.group_major_faults = self.group_minor_faults = 0
        self.net_in_bytes = self.net_out_bytes = self.socket_read_bytes = self.socket_written_bytes = 0
        self.file_in_bytes = self.file_out_bytes = 0
        self.calls = self.errors = self.file_errors = self.net_errors = self.memory_errors = self.drift = 0
        return 0

    @property
    def cgroups(self):
        """Ids of its control group: in the unified hierarchy, and in the one with the memory controller."""
        return self.now.cgroup, self.now.memory_cgroup

    @property
    def uid(self):
        return self.now.uid

    cdef double file_in(self) noexcept:
        """What was read from anything but sockets."""
        return max(self.read_bytes - self.socket_read_bytes, 0.0)

    cdef double file_out(self) noexcept:
        return max(self.written_bytes - self.socket_written_bytes, 0.0)


cdef class TaskTable:
    """All threads; `update` takes what the kernel wrote, `column` gives one value per thread.

    `describe` knows what the kernel does not say (csyspy.capture.live.identities): `user(uid)`, `container(cgroups, pid)`,
    `exeline(pid)`, each asked once per new value.
    """

    def __init__(self, describe):
        self.describe = describe
        self.by_tid, self.rows, self.users, self.containers = {}, [], {}, {}
        self.owners = None
        self.page_bytes = os.sysconf("SC_PAGESIZE")
        self.own_pid = os.getpid()

    def __len__(self):
        return len(self.rows)

    def update(self, const unsigned char[::1] alive not None, const unsigned char[::1] ended not None, uint64_t now_ns):
        """One pass: the rows of the iterator, those that ended since the pass before, and the time since boot in ns.

        The first pass is only what later ones are compared with: it has no rows that ended, and all its counts are 0.
        """
        cdef Py_ssize_t at = 0, size = alive.shape[0], i
        cdef const TaskRow* row
        cdef Thread thread
        cdef list rows = []
        self.passes += 1
        self.following = 0
        self.interval_ns = <double>(now_ns - self.begin_ns) if self.passes > 1 and now_ns > self.begin_ns else 0.0
        while at + <Py_ssize_t>sizeof(IdleRow) <= size:
            row = <const TaskRow*>&alive[at]
            if not row.start_ns:
                self.meet_idle(<uint32_t>(<const IdleRow*>row).tid, rows)
                at += sizeof(IdleRow)
                continue
            if at + <Py_ssize_t>sizeof(TaskRow) > size:
                break
            at += sizeof(TaskRow)
            if row.flags & EXITING:     # its last counts come with those that ended
                thread = self.by_tid.get(row.tid)
                if thread is not None:
                    thread.seen = self.passes
                continue
            self.meet(row, rows)
        for i in range(ended.shape[0] // <Py_ssize_t>sizeof(TaskRow)):
            if self.passes > 1:
                self.end(<const TaskRow*>&ended[i * <Py_ssize_t>sizeof(TaskRow)], rows)
        self.rows = rows
        self.owners = None
        self.begin_ns = now_ns
        if len(self.by_tid) > len(rows):
            for tid in [tid for tid, kept in self.by_tid.items() if (<Thread>kept).seen != self.passes]:
                del self.by_tid[tid]
        self.lead()

    cdef Thread known(self, uint32_t tid):
        """The thread of that number. Threads come in the order of the pass before, but for those that came or went."""
        cdef Thread thread
        if self.following < PyList_GET_SIZE(self.rows):
            thread = <Thread>PyList_GET_ITEM(self.rows, self.following)
            if thread.now.tid == tid and not thread.ended:
                self.following += 1
                return thread
        thread = self.by_tid.get(tid)
        if thread is not None:
            self.following = thread.place + 1
        return thread

    cdef int meet(self, const TaskRow* row, list rows) except -1:
        cdef Thread thread = self.known(row.tid)
        cdef double cpu_ns, user_ns, read_bytes, written_bytes
        if thread is None or thread.now.start_ns != row.start_ns:
            thread = Thread.__new__(Thread)
            thread.begin(row, self.passes > 1 and row.start_ns >= self.begin_ns)
            self.by_tid[thread.tid] = thread
        elif thread.seen == self.passes:    # a second row of this pass
            cpu_ns, user_ns, read_bytes, written_bytes = thread.cpu_ns, thread.user_ns, thread.read_bytes, thread.written_bytes
            thread.advance(row)
            thread.cpu_ns += cpu_ns
            thread.user_ns += user_ns
            thread.read_bytes += read_bytes
            thread.written_bytes += written_bytes
            return 0
        thread.advance(row)
        return self.keep(thread, rows)

    cdef int meet_idle(self, uint32_t tid, list rows) except -1:
        cdef Thread thread = self.known(tid)
        if thread is None or thread.now.flags & EXITING or thread.seen == self.passes:
            return 0
        thread.rest()
        return self.keep(thread, rows)

    cdef int keep(self, Thread thread, list rows) except -1:
        thread.seen, thread.place = self.passes, PyList_GET_SIZE(rows)
        rows.append(thread)
        return 0

    cdef int end(self, const TaskRow* row, list rows) except -1:
        cdef Thread thread = self.by_tid.get(row.tid)
        if thread is not None and thread.now.start_ns == row.start_ns and thread.seen == self.passes and not thread.now.flags & EXITING:
            return 0    # its number lives on in another thread of the process, which has called execve
        if thread is None or thread.now.start_ns != row.start_ns:
            thread = Thread.__new__(Thread)
            thread.begin(row, True)
            thread.advance(row)
        else:
            thread.advance(row)
            del self.by_tid[thread.tid]
        thread.ended = True
        rows.append(thread)
        return 0

    cdef int lead(self) except -1:
        """Find every thread's process, and give its first thread the faults of all."""
        cdef Thread thread, first
        cdef dict ended = {}
        for thread in self.rows:
            if thread.ended and thread.now.tid == thread.now.pid:
                ended[thread.pid] = thread
        for thread in self.rows:
            if thread.now.tid == thread.now.pid:
                thread.leader = thread
                thread.group_major_faults += thread.now.major_faults + thread.now.group_major_faults
                thread.group_minor_faults += thread.now.minor_faults + thread.now.group_minor_faults
                continue
            first = thread.leader
            if first is None or first.now.tid != thread.now.pid or first.ended or first.seen != self.passes:
                first = self.by_tid.get(thread.pid)
            if first is None:
                first = ended.get(thread.pid)
            thread.leader = thread if first is None else first
            if first is not None and not thread.ended:
                first.group_major_faults += thread.now.major_faults
                first.group_minor_faults += thread.now.minor_faults
        return 0

    cdef Thread owner(self, object tid):
        """The row of that number, or None; of two with one number the thread that is alive."""
        cdef Thread thread
        if self.owners is None:
            self.owners = {}
            for thread in self.rows:
                if not thread.ended or thread.tid not in self.owners:
                    self.owners[thread.tid] = thread
        return self.owners.get(tid)

    cdef bint is_own(self, Thread thread) noexcept:
        """Whether the thread is one of csyspy's, whose calls do not count, as they are no events in the stream."""
        return thread is not None and thread.now.pid == self.own_pid

    def add_bytes(self, slots not None, const unsigned char[::1] others not None, int what):
        """Take what bpf/thread_bytes.h counted: of sockets that are no IP connection (SOCKET_BYTES), or of files (FILE_BYTES).

        `slots` is the kernel's array itself: slots of threads that have ended are given back. `others` are entries taken out of
        the hash. After `update`."""
        cdef unsigned char[::1] view = slots
        cdef ThreadBytes* all_slots = <ThreadBytes*>&view[0]
        cdef ThreadBytes* slot
        cdef uint64_t count = view.shape[0] // <Py_ssize_t>sizeof(ThreadBytes)
        cdef Py_ssize_t i
        cdef Thread thread
        for thread in self.rows:
            slot = &all_slots[thread.now.tid % count]
            if slot.tid != thread.now.tid:
                continue
            self.take(thread, slot, what)
            if thread.ended:
                slot.read_bytes = slot.written_bytes = 0
                slot.tid = 0
        for i in range(others.shape[0] // <Py_ssize_t>sizeof(ThreadBytes)):
            slot = <ThreadBytes*>&others[i * <Py_ssize_t>sizeof(ThreadBytes)]
            thread = self.owner(<uint32_t>slot.tid)
            if thread is None:
                continue
            if what == SOCKET_BYTES:
                thread.socket_read_bytes += slot.read_bytes
                thread.socket_written_bytes += slot.written_bytes
            elif not self.is_own(thread):
                thread.file_in_bytes += slot.read_bytes
                thread.file_out_bytes += slot.written_bytes

    def add_fd_counts(self, const unsigned char[::1] counts not None):
        """Take how many descriptors processes have open, from csp_fd_counts. After `update`."""
        cdef const uint32_t* pair
        cdef Py_ssize_t i
        cdef Thread thread
        for i in range(counts.shape[0] // 8):
            pair = <const uint32_t*>&counts[8 * i]
            thread = self.by_tid.get(pair[0])
            if thread is not None:
                thread.open_fds = pair[1]

    def add_drift(self, const unsigned char[::1] keys, const unsigned char[::1] values, size_t count):
        """Take the entries that bpf/drift.c has made. After `update`."""
        cdef size_t i
        cdef Thread thread
        for i in range(count):
            thread = self.owner(<uint32_t>(<const uint64_t*>&keys[0])[i])
            if thread is not None:
                thread.drift += (<const uint64_t*>&values[0])[i]

    cdef int take(self, Thread thread, const ThreadBytes* slot, int what) except -1:
        if what == SOCKET_BYTES:
            thread.socket_read_bytes += _grown(slot.read_bytes, thread.socket_reads)
            thread.socket_written_bytes += _grown(slot.written_bytes, thread.socket_writes)
            thread.socket_reads, thread.socket_writes = slot.read_bytes, slot.written_bytes
        elif not self.is_own(thread):
            thread.file_in_bytes += _grown(slot.read_bytes, thread.file_reads)
            thread.file_out_bytes += _grown(slot.written_bytes, thread.file_writes)
            thread.file_reads, thread.file_writes = slot.read_bytes, slot.written_bytes
        return 0

    def column(self, str field):
        """The field's value of every thread. Raises KeyError where no field of that name is known here."""
        return values_of(self, self.rows, field)


cdef object _container(TaskTable table, Thread thread, int at):
    cdef object key = (thread.now.cgroup, thread.now.memory_cgroup)
    found = table.containers.get(key)
    if found is None:
        found = table.containers[key] = table.describe.container(key, thread.pid)
    return found[at]


cdef str _exeline(TaskTable table, Thread thread):
    cdef Thread first = thread.leader
    if first.exeline is None or first.exeline_of != first.now.exec_count:
        found = None if first.now.flags & KERNEL_THREAD or first.ended else table.describe.exeline(first.pid)
        # A kernel thread has no command line; its exe is then its name (libs: userspace/libscap/linux/scap_procs.c).
        first.exeline = found or first.comm
        first.exeline_of = first.now.exec_count
    return first.exeline


cdef object _user(TaskTable table, Thread thread):
    cdef object uid = thread.now.uid
    if uid not in table.users:
        table.users[uid] = table.describe.user(uid)
    return table.users[uid]


# What belongs to the process is asked of its first thread: of the others the kernel tells nothing while they do not run (bpf/tasks.c).
cdef list values_of(TaskTable table, list threads, str field):
    """The field's value for each of threads; None where there is no thread."""
    cdef Thread t
    cdef double share = 100.0 / table.interval_ns if table.interval_ns > 0 else 0.0
    cdef int64_t page = table.page_bytes
    cdef int at
    if field == "proc.pid":
        return [None if t is None else t.pid for t in threads]
    if field == "thread.tid":
        return [None if t is None else t.tid for t in threads]
    if field == "proc.name":
        return [None if t is None else t.leader.comm for t in threads]
    if field == "thread.exectime":
        return [None if t is None else t.cpu_ns for t in threads]
    if field == "thread.cpu":
        return [None if t is None else t.cpu_ns * share for t in threads]
    if field == "thread.cpu.user":
        return [None if t is None else t.user_ns * share for t in threads]
    if field == "thread.cpu.system":
        return [None if t is None else (t.cpu_ns - t.user_ns) * share for t in threads]
    # memory is the process's: only its first thread has it, so that a sum over threads counts it once
    if field == "thread.vmsize.b":
        return [None if t is None else <int64_t>t.now.vm_pages * page if t.leader is t else 0 for t in threads]
    if field == "thread.vmrss.b":
        return [None if t is None else <int64_t>t.now.rss_pages * page if t.leader is t else 0 for t in threads]
    if field == "thread.vmsize":
        return [None if t is None else <int64_t>t.now.vm_pages * page // 1024 if t.leader is t else 0 for t in threads]
    if field == "thread.vmrss":
        return [None if t is None else <int64_t>t.now.rss_pages * page // 1024 if t.leader is t else 0 for t in threads]
    if field.endswith(OF_THE_LIVING):    # what ended processes had is nobody's: containers of many short ones would seem to grow
        values = values_of(table, threads, field[:-len(OF_THE_LIVING)])
        return [0 if t is not None and t.ended else value for t, value in zip(threads, values)]
    if field == "thread.pfmajor":
        return [None if t is None else <int64_t>t.leader.group_major_faults for t in threads]
    if field == "thread.pfminor":
        return [None if t is None else <int64_t>t.leader.group_minor_faults for t in threads]
    if field == "proc.nthreads":
        return [None if t is None else t.leader.now.threads for t in threads]
    if field == "proc.ppid":
        return [None if t is None else t.leader.now.parent_pid for t in threads]
    if field == "proc.vpid":
        return [None if t is None else t.now.virtual_pid for t in threads]
    if field == "thread.vtid":
        return [None if t is None else t.now.virtual_tid for t in threads]
    if field == "user.uid":
        return [None if t is None else t.now.uid for t in threads]
    if field == "user.name":
        return [None if t is None else _user(table, t) for t in threads]
    if field == "proc.exeline":
        return [None if t is None else _exeline(table, t) for t in threads]
    if field == "proc.fdlimit":
        return [None if t is None else <int64_t>t.leader.now.fd_limit for t in threads]
    if field == "evt.buflen.file":
        return [None if t is None else t.file_in() + t.file_out() for t in threads]
    if field == "evt.buflen.file.in":
        return [None if t is None else t.file_in() for t in threads]
    if field == "evt.buflen.file.out":
        return [None if t is None else t.file_out() for t in threads]
    if field == "evt.buflen.net":
        return [None if t is None else t.net_in_bytes + t.net_out_bytes for t in threads]
    if field == "evt.buflen.net.in":
        return [None if t is None else t.net_in_bytes for t in threads]
    if field == "evt.buflen.net.out":
        return [None if t is None else t.net_out_bytes for t in threads]
    if field == "proc.fdopencount":
        return [None if t is None else t.leader.open_fds for t in threads]
    if field == "proc.fdusage":
        return [None if t is None else min(100.0 * t.leader.open_fds / t.leader.now.fd_limit, 100.0) if t.leader.now.fd_limit else 0.0 for t in threads]
    if field == "evt.rawarg.res":    # of calls that read and write files
        return [None if t is None else t.file_in_bytes + t.file_out_bytes for t in threads]
    if field == "evt.count":
        return [None if t is None else <int64_t>t.calls for t in threads]
    if field == "evt.count.error":
        return [None if t is None else <int64_t>t.errors for t in threads]
    if field == "evt.count.error.file":
        return [None if t is None else <int64_t>t.file_errors for t in threads]
    if field == "evt.count.error.net":
        return [None if t is None else <int64_t>t.net_errors for t in threads]
    if field == "evt.count.error.memory":
        return [None if t is None else <int64_t>t.memory_errors for t in threads]
    if field == "evt.count.error.other":
        return [None if t is None else <int64_t>(t.errors - t.file_errors - t.net_errors - t.memory_errors) for t in threads]
    if field == "evt.count.procinfo":
        return [None if t is None else 1 if t.leader is t and not t.ended else 0 for t in threads]
    if field == "evt.count.threadinfo":
        return [None if t is None else 0 if t.ended else 1 for t in threads]
    if field == "evt.count.drift":    # a program of the host is not drift, whatever it lies on
        return [None if t is None else <int64_t>t.drift if t.drift and _container(table, t, _ID) != "host" else 0 for t in threads]
    if field in _SHARES:
        at = _CONTAINER[_SHARES[field]]
        return [None if t is None else _share(t.cpu_ns * share, _container(table, t, at)) for t in threads]
    if field in _CONTAINER:
        at = _CONTAINER[field]
        return [None if t is None else _container(table, t, at) for t in threads]
    raise KeyError(field)


cdef object _share(double used, object allowance):
    """In percent of what there may be; None where nothing is said."""
    return 100 * used / <double>allowance if allowance else None


cdef int _ID = CONTAINER_FIELDS.index("container.id")
cdef dict _SHARES = {f"{of}.cpu.of_{what}": f"{of}.cpu.{what}" for of in ("container", "k8s.pod") for what in ("limit", "request")}
cdef dict _CONTAINER = {field: at for at, field in enumerate(CONTAINER_FIELDS)}
