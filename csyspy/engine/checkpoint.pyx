"""Checkpoints: the state between two events of a capture, copied, so that a walk can begin there as if it came from the start."""

from cpython.ref cimport Py_INCREF
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from csyspy.engine.event cimport Event, make_empty
from csyspy.engine.fds cimport FdInfo, FdTable
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadGroup, ThreadInfo, ThreadTable
from csyspy.engine.walk cimport Walker


cdef class Checkpoint:
    """A place between two events, and the state there. `take()` makes one."""

    cdef readonly uint64_t events
    """Events before it, hidden ones included."""
    cdef readonly uint64_t ts
    """Time of the event before it, ns since the epoch."""
    cdef readonly uint64_t offset
    """Where the next block begins in the inflated file, in bytes."""
    cdef readonly unsigned int needs
    """What of the state is kept up (Need bits)."""
    cdef readonly Py_ssize_t weight
    """Threads and descriptors that it holds."""
    cdef State kept
    cdef uint64_t skipped
    cdef bint undecided

    def resume(self, source) -> Walker:
        """A walker that goes on from here, with a state of its own; `source` gives the bytes from `offset` on."""
        cdef Walker walker = Walker(_Copy().state(self.kept), source)
        walker.opened = True
        walker.eventless = False
        walker.undecided = self.undecided
        walker.skipped = self.skipped
        walker.offset = walker.next_offset = self.offset
        return walker


def take(Walker walker not None):
    """The checkpoint of where `walker` stands, for between two steps; None before the first event and behind the last."""
    cdef Checkpoint made
    cdef _Copy copy
    if not walker.opened or walker.ended or walker.held or walker.eventless or walker.state.deferred:
        return None
    copy = _Copy()
    made = Checkpoint()
    made.kept = copy.state(walker.state)
    made.weight = copy.weight
    made.events = walker.state.events
    made.ts = walker.state.evt.ts
    made.needs = walker.state.needs
    made.offset = walker.next_offset
    made.skipped = walker.skipped
    made.undecided = walker.undecided
    return made


cdef class _Copy:
    """One copy of a state: what is shared in the original is shared in the copy, values that never change in both."""

    cdef dict threads         # id of the original -> copy
    cdef dict groups
    cdef dict tables
    cdef dict infos
    cdef list unfinished      # (original, copy) of threads whose relations are still the original's
    cdef Py_ssize_t weight

    def __cinit__(self):
        self.threads, self.groups, self.tables, self.infos, self.unfinished = {}, {}, {}, {}, []

    cdef State state(self, State old):
        cdef State new = State()
        cdef Event* e = &new.evt
        new.import_users = old.import_users
        new.container_of = old.container_of
        new.cgroup_cache = old.cgroup_cache     # what it remembers is the same for everybody
        new.needs = old.needs
        new.users, new.groups = dict(old.users), dict(old.groups)
        new.interfaces, new.machine, new.containers = list(old.interfaces), dict(old.machine), dict(old.containers)
        new.buffer_format, new.max_output_len = old.buffer_format, old.max_output_len
        new.resolve_ports, new.time_mode, new.producer = old.resolve_ports, old.time_mode, old.producer
        new.first_ts, new.begin_ts, new.prev_ts, new.events = old.first_ts, old.begin_ts, old.prev_ts, old.events
        new.exit_only, new.line_ts = old.exit_only, old.line_ts
        memcpy(new.joins, old.joins, sizeof(old.joins))
        new.ghost_tables = old.ghost_tables
        # The event itself has gone with its bytes; its number and times count on.
        make_empty(e, old.evt.type)
        e.ts, e.num, e.tid, e.cpu = old.evt.ts, old.evt.num, old.evt.tid, old.evt.cpu
        self.thread_table(old.threads, new.threads)
        new.ghosts = {tid: (comm, self.table(fds)) for tid, (comm, fds) in old.ghosts.items()}
        self.finish()
        return new

    cdef int thread_table(self, ThreadTable old, ThreadTable new) except -1:
        """The same threads in the same slots: order counts where a table is gone through."""
        cdef size_t i
        cdef size_t room = old._mask + 1
        cdef int64_t* tids = <int64_t*>malloc(room * sizeof(int64_t))
        cdef void** slots = <void**>calloc(room, sizeof(void*))
        cdef ThreadInfo twin
        if tids == NULL or slots == NULL:
            free(tids)
            free(slots)
            raise MemoryError
        memcpy(tids, old._tids, room * sizeof(int64_t))
        free(new._tids)
        free(new._slots)
        new._tids, new._slots, new._mask = tids, slots, old._mask
        for i in range(room):
            if old._slots[i] != NULL:
                twin = self.thread(<ThreadInfo>old._slots[i])
                Py_INCREF(twin)
                new._slots[i] = <void*>twin
        new.count, new.max_threads, new.refused = old.count, old.max_threads, old.refused
        new._groups = {pid: self.group(group) for pid, group in old._groups.items()}
        return 0

    cdef int finish(self) except -1:
        """Give the copied threads relations among themselves; that may bring in threads that are in no table any more."""
        cdef ThreadInfo old, new
        while self.unfinished:
            old, new = self.unfinished.pop()
            new.main = self.thread(old.main)
            new.tgroup = self.group(old.tgroup)
            if old.children is not None:
                new.children = {tid: self.thread(child) for tid, child in old.children.items()}
            new.own_fds = self.table(old.own_fds)
        return 0

    cdef ThreadGroup group(self, ThreadGroup old):
        cdef ThreadGroup new
        if old is None:
            return None
        known = self.groups.get(id(old))
        if known is not None:
            return <ThreadGroup>known
        new = ThreadGroup()
        self.groups[id(old)] = new
        new.pid, new.alive, new.reaper = old.pid, old.alive, old.reaper
        new.main = self.thread(old.main)
        new.others = {tid: self.thread(other) for tid, other in old.others.items()}
        return new

    cdef FdTable table(self, FdTable old):
        cdef FdTable new
        if old is None:
            return None
        known = self.tables.get(id(old))
        if known is not None:
            return <FdTable>known
        new = FdTable()
        self.tables[id(old)] = new
        new._near = [self.info(info) for info in old._near]
        if old._far is not None:
            new._far = {fd: self.info(info) for fd, info in old._far.items()}
        new.count = old.count
        self.weight += old.count
        if old.old_style is not None:
            new.old_style = self.table(old.old_style)
        return new

    cdef FdInfo info(self, FdInfo old):
        cdef FdInfo new
        if old is None:
            return None
        known = self.infos.get(id(old))
        if known is not None:
            return <FdInfo>known
        new = old.copy()
        new.fd = old.fd
        self.infos[id(old)] = new
        return new

    cdef ThreadInfo thread(self, ThreadInfo old):
        cdef ThreadInfo new
        if old is None:
            return None
        known = self.threads.get(id(old))
        if known is not None:
            return <ThreadInfo>known
        new = ThreadInfo()
        self.threads[id(old)] = new
        self.unfinished.append((old, new))
        self.weight += 1
        new.tid, new.pid, new.ptid, new.reaper_tid, new.sid = old.tid, old.pid, old.ptid, old.reaper_tid, old.sid
        new.vtid, new.vpid, new.vpgid, new.pgid = old.vtid, old.vpid, old.vpgid, old.pgid
        new.comm, new.exe, new.exepath, new.cwd, new.root = old.comm, old.exe, old.exepath, old.cwd, old.root
        new.old_style_cwd, new.old_style_comm = old.old_style_cwd, old.old_style_comm
        new.args, new.env, new.cgroups = old.args, old.env, old.cgroups     # replaced as a whole, never changed
        new.container_id, new.category, new.flags, new.fdlimit = old.container_id, old.category, old.flags, old.fdlimit
        new.uid, new.gid, new.loginuid = old.uid, old.gid, old.loginuid
        new.cap_permitted, new.cap_effective, new.cap_inheritable = old.cap_permitted, old.cap_effective, old.cap_inheritable
        new.exe_writable, new.exe_upper_layer = old.exe_writable, old.exe_upper_layer
        new.exe_lower_layer, new.exe_from_memfd = old.exe_lower_layer, old.exe_from_memfd
        new.exe_ino, new.exe_ino_ctime, new.exe_ino_mtime = old.exe_ino, old.exe_ino_ctime, old.exe_ino_mtime
        new.exe_ino_ctime_duration_clone_ts = old.exe_ino_ctime_duration_clone_ts
        new.exe_ino_ctime_duration_pidns_start = old.exe_ino_ctime_duration_pidns_start
        new.vmsize_kb, new.vmrss_kb, new.vmswap_kb = old.vmsize_kb, old.vmrss_kb, old.vmswap_kb
        new.pfmajor, new.pfminor, new.pidns_init_start_ts, new.tty = old.pfmajor, old.pfminor, old.pidns_init_start_ts, old.tty
        new.clone_ts, new.lastexec_ts = old.clone_ts, old.lastexec_ts
        new.lastevent_fd, new.lastevent_type, new.lastevent_valid = old.lastevent_fd, old.lastevent_type, old.lastevent_valid
        new.latency, new.latency_entertime = old.latency, old.latency_entertime
        new.copied_type, new.copied_fd = old.copied_type, old.copied_fd
        new.args_comm = old.args_comm
        new.cmdline_cache, new.exeline_cache = old.cmdline_cache, old.exeline_cache
        new.enter_size, new.enter_room, new.enter_header = old.enter_size, old.enter_size, old.enter_header
        if old.enter_size:
            new.enter_raw = <uint8_t*>malloc(old.enter_size)
            if new.enter_raw == NULL:
                raise MemoryError
            memcpy(new.enter_raw, old.enter_raw, old.enter_size)
        return new
