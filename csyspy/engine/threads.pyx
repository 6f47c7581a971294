"""Threads as libsinsp keeps them.

Semantics from `libs: userspace/libsinsp/threadinfo.cpp` (0.20): a process is its leader thread; threads of one
process form a group; a leader that exits before its threads stays, marked dead; children of a thread that goes are
given to the reaper the kernel named, or to the one the kernel would have chosen.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdlib cimport calloc, free
from libc.string cimport memchr, memset

from csyspy.engine.path cimport join_path, old_style_join

cdef enum:
    FIRST_SLOTS = 1024
    MAX_GENERATIONS = 1000000

cdef bytes DELETED = b" (deleted)"


cdef void others_changed() noexcept:
    global VERDICT_EPOCH
    VERDICT_EPOCH += 1


cdef list _split(const uint8_t* text, size_t n):
    """NUL-separated pieces; one NUL at the end closes the last piece, nothing gives no piece."""
    cdef list out = []
    cdef const uint8_t* end
    cdef const uint8_t* at = text
    cdef size_t left
    if n and text[n - 1] == 0:
        n -= 1
    if n == 0:
        return out
    left = n
    while True:
        end = <const uint8_t*>memchr(at, 0, left)
        if end == NULL:
            out.append((<const char*>at)[:left])
            return out
        out.append((<const char*>at)[:end - at])
        left -= <size_t>(end - at) + 1
        at = end + 1


cdef class ThreadGroup:
    def __cinit__(self):
        self.others = {}

    cpdef list threads(self):
        cdef list out = list(self.others.values())
        if self.main is not None:
            out.insert(0, self.main)
        return out


cdef class ThreadInfo:
    """All fields begin as libsinsp's init() leaves them: unknown ids are -1, unknown users all ones."""

    def __cinit__(self):
        self.tid = self.pid = self.ptid = self.reaper_tid = self.sid = -1
        self.vtid = self.vpid = self.vpgid = self.pgid = -1
        self.comm = self.exe = self.exepath = self.cwd = self.root = b""
        self.args = []
        self.env = []
        self.cgroups = []
        self.container_id = ""
        self.flags = CL_NAME_CHANGED
        self.fdlimit = -1
        self.uid = self.gid = self.loginuid = 0xFFFFFFFF
        self.lastevent_type = 0xFFFF

    def __dealloc__(self):
        free(self.enter_raw)

    cdef bint is_main(self) noexcept:
        return self.tid == self.pid or (self.flags & CL_IS_MAIN_THREAD) != 0

    cdef bint is_invalid(self) noexcept:
        return self.tid < 0 or self.pid < 0 or self.ptid < 0

    cdef bint is_dead(self) noexcept:
        return (self.flags & CL_CLOSED) != 0

    cdef bint in_pidns(self) noexcept:
        return (self.flags & CL_CHILD_IN_PIDNS) != 0 or (self.tid != self.vtid and self.vtid >= 0)

    cdef FdTable fds(self):
        cdef ThreadInfo owner = self
        if self.flags & CL_CLONE_FILES and not self.is_main():
            owner = self.main
        if owner is None:
            return None
        if owner.own_fds is None:
            owner.own_fds = FdTable()
        return owner.own_fds

    cdef bytes get_cwd(self):
        cdef ThreadInfo main = self if self.is_main() else self.main
        return main.cwd if main is not None else b"./"

    cdef bytes get_old_style_cwd(self):
        cdef ThreadInfo main = self if self.is_main() or self.main is None else self.main
        return main.old_style_cwd if main.old_style_cwd is not None else main.get_cwd()

    cdef void set_cwd(self, bytes path, bytes old_style_path) except *:
        cdef ThreadInfo main = self if self.is_main() else self.main
        cdef ThreadInfo old_main = self if main is None else main
        cdef bytes joined
        cdef bytes old = old_style_join(self.get_old_style_cwd(), old_style_path, <uint32_t>len(old_style_path))
        if not old.endswith(b"/"):
            old += b"/"
        old_main.old_style_cwd = old
        if main is None:
            return
        joined = join_path(self.cwd, path, <uint32_t>len(path))
        if not joined.endswith(b"/"):
            joined += b"/"
        main.cwd = joined
        if joined == old:
            main.old_style_cwd = None
        main.changed()

    cdef void set_args(self, const uint8_t* text, size_t n) except *:
        self.args = _split(text, n)
        self.args_comm = self.comm
        self.changed()

    cdef void set_env(self, const uint8_t* text, size_t n) except *:
        self.env = _split(text, n)

    cdef void set_cgroups(self, const uint8_t* text, size_t n) except *:
        cdef list out = []
        cdef bytes entry, subsystem
        cdef Py_ssize_t at
        for entry in _split(text, n):
            at = entry.find(b"=")
            if at < 0:
                return
            subsystem = entry[:at].replace(b"_cgroup", b"", 1)
            out.append((SUBSYSTEMS.get(subsystem, subsystem), entry[at + 1:]))
        self.cgroups = out

    cdef void set_exepath(self, bytes path) except *:
        if len(path) > len(DELETED) and path.endswith(DELETED):
            path = path[:-len(DELETED)]
        self.exepath = path

    cdef bytes cmdline(self):
        if self.cmdline_cache is None:
            # The name it had when the arguments came (libs: sinsp_threadinfo::m_cmd_line), where it had one.
            comm = self.args_comm or self.comm
            self.cmdline_cache = b" ".join([comm, *self.args]) if self.args else comm
        return self.cmdline_cache

    cdef bytes exeline(self):
        if self.exeline_cache is None:
            self.exeline_cache = self.exe + b" " + b" ".join(self.args)
        return self.exeline_cache

    cdef bint is_seen(self) noexcept:
        return bool(self.children) or (self.tgroup is not None and self.tgroup.main is self and len(self.tgroup.others) > 0)

    cdef void changed(self) noexcept:
        self.cmdline_cache = None
        self.exeline_cache = None
        memset(self.verdict_known, 0, sizeof(self.verdict_known))
        if self.is_seen():
            others_changed()


# The kernel's names of some subsystems are not those of /proc/PID/cgroup.
cdef dict SUBSYSTEMS = {b"perf": b"perf_event", b"mem": b"memory", b"io": b"blkio"}


cdef class ThreadTable:
    """Open addressing from tid to thread: a lookup costs no Python object."""

    def __cinit__(self):
        self._groups = {}
        self.max_threads = 262144    # libs: sinsp_thread_manager::m_thread_table_default_size
        self._tids = <int64_t*>calloc(FIRST_SLOTS, sizeof(int64_t))
        self._slots = <void**>calloc(FIRST_SLOTS, sizeof(void*))
        if self._tids == NULL or self._slots == NULL:
            raise MemoryError
        self._mask = FIRST_SLOTS - 1

    def __dealloc__(self):
        cdef size_t i
        cdef ThreadInfo info
        if self._slots != NULL:
            for i in range(self._mask + 1):
                if self._slots[i] != NULL:
                    info = <ThreadInfo>self._slots[i]
                    info.main = None
                    info.tgroup = None
                    info.children = None
                    Py_DECREF(info)
        free(self._slots)
        free(self._tids)

    cdef size_t _slot(self, int64_t tid) noexcept nogil:
        """Index of the slot of `tid`, or of the free one where it would go."""
        cdef size_t i = <size_t>((<uint64_t>tid * <uint64_t>0x9E3779B97F4A7C15) >> 32) & self._mask
        while self._slots[i] != NULL and self._tids[i] != tid:
            i = (i + 1) & self._mask
        return i

    cdef void _grow(self) except *:
        cdef size_t room = (self._mask + 1) * 2
        cdef size_t old = self._mask + 1
        cdef int64_t* tids = self._tids
        cdef void** slots = self._slots
        cdef int64_t* more_tids = <int64_t*>calloc(room, sizeof(int64_t))
        cdef void** more_slots = <void**>calloc(room, sizeof(void*))
        cdef size_t i, to
        if more_tids == NULL or more_slots == NULL:
            free(more_tids)
            free(more_slots)
            raise MemoryError
        self._tids = more_tids
        self._slots = more_slots
        self._mask = room - 1
        for i in range(old):
            if slots[i] != NULL:
                to = self._slot(tids[i])
                self._tids[to] = tids[i]
                self._slots[to] = slots[i]
        free(tids)
        free(slots)

    cdef ThreadInfo find(self, int64_t tid):
        cdef void* found
        if self._last is not None and self._last.tid == tid:
            return self._last
        found = self._slots[self._slot(tid)]
        if found == NULL:
            return None
        self._last = <ThreadInfo>found
        return self._last

    cdef ThreadInfo find_or_invent(self, int64_t tid):
        cdef ThreadInfo info = self.find(tid)
        if info is not None:
            return info
        info = ThreadInfo()
        info.tid = tid
        info.comm = b"<NA>"
        info.exe = b"<NA>"
        info.old_style_cwd = b""
        return self.add(info, False)

    cdef ThreadInfo add(self, ThreadInfo info, bint from_scap):
        cdef size_t i = self._slot(info.tid)
        if self._slots[i] != NULL:
            self._erase(<ThreadInfo>self._slots[i])
        if self.count >= self.max_threads:
            self.refused += 1
            return None
        if not from_scap:
            self.link_one(info)
        if self.count * 2 > self._mask:
            self._grow()
        i = self._slot(info.tid)
        self._tids[i] = info.tid
        self._slots[i] = <void*>info
        Py_INCREF(info)
        self.count += 1
        return info

    cdef void _erase(self, ThreadInfo info) except *:
        """Take `info` out of the table and out of everybody's relations."""
        cdef size_t i = self._slot(info.tid)
        cdef size_t hole, home
        cdef ThreadInfo parent = self.find(info.ptid)
        if self._slots[i] != <void*>info:
            return
        if info.is_seen():
            others_changed()
        if parent is not None and parent.children is not None and parent.children.get(info.tid) is info:
            del parent.children[info.tid]
        if info.tgroup is not None:
            if info.tgroup.main is info:
                info.tgroup.main = None
                for other in info.tgroup.others.values():
                    (<ThreadInfo>other).main = None
            elif info.tgroup.others.get(info.tid) is info:
                del info.tgroup.others[info.tid]
            if info.tgroup.main is None and not info.tgroup.others and self._groups.get(info.tgroup.pid) is info.tgroup:
                del self._groups[info.tgroup.pid]
        if self._last is info:
            self._last = None
        # Close the gap: later entries of the same run move up, so that a lookup may stop at the first free slot.
        hole = i
        while True:
            i = (i + 1) & self._mask
            if self._slots[i] == NULL:
                break
            home = <size_t>((<uint64_t>self._tids[i] * <uint64_t>0x9E3779B97F4A7C15) >> 32) & self._mask
            if ((i - home) & self._mask) >= ((i - hole) & self._mask):
                self._tids[hole] = self._tids[i]
                self._slots[hole] = self._slots[i]
                hole = i
        self._slots[hole] = NULL
        self.count -= 1
        # A leader refers to itself; whoever still holds it sees it alone from here on.
        info.children = None
        info.main = None
        info.tgroup = None
        Py_DECREF(info)

    cdef void link(self) except *:
        cdef ThreadInfo info
        for info in self.all():
            self.link_one(info)

    cdef void link_one(self, ThreadInfo info) except *:
        cdef ThreadGroup group
        cdef ThreadInfo parent, other
        if info.is_invalid() or info.tgroup is not None:
            return
        group = self._groups.get(info.pid)
        if group is None:
            group = ThreadGroup()
            group.pid = info.pid
            group.reaper = info.pid == 1 or info.vpid == 1
            self._groups[info.pid] = group
        group.alive += 1
        info.tgroup = group
        if info.is_main():
            group.main = info
            info.main = info
            if group.others:
                others_changed()
            for other in group.others.values():
                other.main = info
        else:
            group.others[info.tid] = info
            info.main = group.main
        if info.pid == 1:
            return
        parent = self.find(info.ptid)
        if parent is None or parent.is_invalid():
            info.ptid = 0
            return
        if parent.children is None:
            parent.children = {}
        parent.children[info.tid] = info

    cdef void mark_dead(self, ThreadInfo info) noexcept:
        if not info.flags & CL_CLOSED:
            info.flags |= CL_CLOSED
            if info.tgroup is not None:
                info.tgroup.alive -= 1

    cdef void revive(self, ThreadInfo info) noexcept:
        if info.flags & CL_CLOSED:
            info.flags &= ~<uint32_t>CL_CLOSED
            if info.tgroup is not None:
                info.tgroup.alive += 1

    cdef ThreadInfo _new_reaper(self, ThreadInfo info):
        """Who takes the children of `info`: a living thread of its group, else of the nearest ancestor that is a reaper."""
        cdef ThreadInfo other, parent
        cdef set seen
        if info.tgroup is not None and info.tgroup.alive > 0:
            for other in info.tgroup.threads():
                if other is not info and not other.is_dead():
                    return other
        seen = {info.tid}
        parent = self.find(info.ptid)
        while parent is not None and parent.tid not in seen:
            seen.add(parent.tid)
            if parent.in_pidns() != info.in_pidns():
                return None
            if parent.tgroup is not None and parent.tgroup.reaper and parent.tgroup.alive > 0:
                for other in parent.tgroup.threads():
                    if not other.is_dead():
                        return other
            parent = self.find(parent.ptid)
        return None

    cdef void remove(self, int64_t tid) except *:
        cdef ThreadInfo info = self.find(tid)
        cdef ThreadInfo reaper = None
        cdef ThreadInfo child, main
        cdef ThreadGroup group
        if info is None:
            return
        group = info.tgroup
        if group is None or info.is_invalid():
            self._erase(info)
            return
        self.mark_dead(info)
        if info.children:
            others_changed()
            if info.reaper_tid > 0:
                reaper = self.find_or_invent(info.reaper_tid)
            if reaper is None or reaper.is_invalid() or reaper is info:
                reaper = self._new_reaper(info)
            if reaper is not None:
                info.reaper_tid = reaper.tid
                if reaper.pid != info.pid and reaper.tgroup is not None:
                    reaper.tgroup.reaper = True
                if reaper.children is None:
                    reaper.children = {}
            for child in info.children.values():
                child.ptid = reaper.tid if reaper is not None else 0
                if reaper is not None:
                    reaper.children[child.tid] = child
            info.children = None
        main = group.main
        if group.alive <= 0:
            self._groups.pop(info.pid, None)
            if main is not None:
                self._erase(main)
        if not info.is_main():
            self._erase(info)

    cdef ThreadInfo parent(self, ThreadInfo info):
        return self.find(info.ptid)

    cdef list lineage(self, ThreadInfo info):
        """Libs: threadinfo.cpp, traverse_parent_state: a second walker, three times as fast, notices circles."""
        cdef list out = []
        cdef ThreadInfo slow = self.find(info.ptid)
        cdef ThreadInfo fast = self.find(slow.ptid) if slow is not None else None
        while slow is not None and slow.tid != -1:
            out.append(slow)
            slow = self.find(slow.ptid)
            for _ in range(2):
                if fast is not None:
                    fast = self.find(fast.ptid)
                if slow is not None and (slow is fast or slow.tid == slow.ptid):
                    return out
        return out

    cdef ThreadInfo ancestor_process(self, ThreadInfo info, uint32_t n):
        cdef ThreadInfo at = info if info.is_main() else info.main
        if n > MAX_GENERATIONS:    # a parent may be its own: nobody has so many
            return None
        while n and at is not None:
            n -= 1
            at = self.find(at.ptid)
            if at is not None and not at.is_main():
                at = at.main
        return at

    cpdef list all(self):
        cdef list out = []
        cdef size_t i
        for i in range(self._mask + 1):
            if self._slots[i] != NULL:
                out.append(<object><PyObject*>self._slots[i])
        return out
