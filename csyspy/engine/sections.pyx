"""Blocks that come before the events: machine, interfaces, users, processes and their file descriptors.

Layouts from `libs: userspace/libscap/engine/savefile/scap_savefile.c`, what becomes of them from
`libs: userspace/libsinsp/sinsp.cpp, on_new_entry_from_proc` and `sinsp_threadinfo::init`. Every read is checked against
the entry and the block it lies in; nothing is allocated that the block does not hold.
"""

cimport cython
from libc.stdint cimport int64_t, uint16_t
from libc.string cimport memchr, memcpy

from csyspy.engine.fds cimport FdInfo, FdTable, fd_from_list, settle_fd, settle_roles
from csyspy.engine.handlers.containers cimport take_cgroups
from csyspy.engine.state cimport NEED_FD, PRODUCER_LIBS20
from csyspy.engine.threads cimport CL_ACTIVE, ThreadInfo

from csyspy.errors import CaptureError

cdef enum:
    MIN_ENTRY = 4                # what is left of a block below this is padding
    MAX_PATH = 1024              # libs: SCAP_MAX_PATH_SIZE
    MAX_LIST = 4096              # libs: SCAP_MAX_ARGS_SIZE, SCAP_MAX_ENV_SIZE, SCAP_MAX_CGROUPS_SIZE
    MAX_NAME = 255               # libs: MAX_CREDENTIALS_STR_LEN - 1
    MACHINE_SIZE = 180
    OLD_TAIL = 29                # bytes that producers before libs 0.10 put behind the root of a v9 entry

cdef uint64_t CALLS_BY_NUMBER = <uint64_t>1 << 32   # of the machine's flags: csyspy's mark, see csyspy.capture.tables

cdef dict ALIASES = {            # numbers that the first producers gave to blocks
    0x8002ABCD: BLOCK_MACHINE, 0x8000ABCD: BLOCK_PROCS_1, 0x8013ABCD: BLOCK_PROCS_2, 0x8014ABCD: BLOCK_PROCS_3,
    0x8001ABCD: BLOCK_FDS_1, 0x8010ABCD: BLOCK_EVENT_1, 0x8011ABCD: BLOCK_INTERFACES_1, 0x8012ABCD: BLOCK_USERS_1,
}
cdef dict PROCESS_VERSIONS = {
    BLOCK_PROCS_1: 1, BLOCK_PROCS_2: 2, BLOCK_PROCS_3: 3, BLOCK_PROCS_4: 4, BLOCK_PROCS_5: 5, BLOCK_PROCS_6: 6,
    BLOCK_PROCS_7: 7, BLOCK_PROCS_8: 8, BLOCK_PROCS_9: 9,
}
# interface type -> (bytes of an address, whether the entry has a link speed)
cdef dict INTERFACES = {1: (4, True), 2: (16, True), 3: (4, False), 4: (16, False)}


cdef uint32_t plain_type(uint32_t block) noexcept nogil:
    if block == <uint32_t>0x8010ABCD:
        return BLOCK_EVENT_1
    if block & <uint32_t>0x80000000:
        with gil:
            return ALIASES.get(block, block)
    return block


cdef inline size_t _left(const Cursor* c) noexcept nogil:
    return <size_t>(c.end - c.p)


cdef inline const uint8_t* _take(Cursor* c, size_t n) noexcept nogil:
    """The next `n` bytes; NULL, and `short` for good, where they are not there."""
    cdef const uint8_t* p = c.p
    if c.short or _left(c) < n:
        c.short = True
        return NULL
    c.p += n
    return p


cdef inline uint64_t _number(Cursor* c, size_t width) noexcept nogil:
    """An unsigned number of `width` bytes; 0 where it is not there."""
    cdef uint64_t out = 0
    cdef const uint8_t* p = _take(c, width)
    if p != NULL:
        memcpy(&out, p, width)
    return out


cdef inline uint64_t _optional(Cursor* c, size_t width, uint64_t missing) noexcept nogil:
    """A field that newer producers added: `missing` where the entry is too short for it."""
    if _left(c) < width:
        return missing
    return _number(c, width)


cdef inline const uint8_t* _text(Cursor* c, size_t most, size_t* n) noexcept nogil:
    """A counted string; NULL where it is cut, or longer than a producer could have made it."""
    n[0] = <size_t>_number(c, 2)
    if n[0] > most:
        c.short = True
    return _take(c, n[0])


cdef inline bytes _string(Cursor* c, size_t most):
    """A counted string up to its first NUL; b"" where it is cut."""
    cdef size_t n
    cdef const uint8_t* p = _text(c, most, &n)
    cdef const uint8_t* nul
    if p == NULL:
        return b""
    nul = <const uint8_t*>memchr(p, 0, n)
    return (<const char*>p)[:nul - p if nul != NULL else n]


cdef inline str _name(Cursor* c):
    return _string(c, MAX_NAME).decode("utf-8", "surrogateescape")


cdef bint _entry(Cursor* block, bint sized, size_t counted, Cursor* entry) noexcept nogil:
    """Begin an entry: where entries say their length (`counted` bytes of it are the length itself) it ends there."""
    cdef size_t n
    entry.p = block.p
    entry.end = block.end
    entry.short = False
    if not sized:
        return True
    n = <size_t>_number(entry, 4)
    if n < counted or n - counted > _left(entry):
        return False
    entry.end = entry.p + (n - counted)
    return True


@cython.final
cdef class SectionLoader:
    def __cinit__(self, State state):
        self.state = state
        self.server_ports = set()

    cdef int _damaged(self, str what, str why="is cut or damaged") except -1:
        raise CaptureError(f"the {what} {why}", self.offset)

    cdef int load(self, uint32_t block, const uint8_t* body, size_t n, uint64_t offset) except -1:
        """Read one block; types that nobody knows are left alone. Raises CaptureError where it is not sound."""
        self.offset = offset
        block = plain_type(block)
        if block == BLOCK_MACHINE:
            return self._machine(body, n)
        if block == BLOCK_INTERFACES_1 or block == BLOCK_INTERFACES_2:
            return self._interfaces(body, n, block == BLOCK_INTERFACES_2)
        if block == BLOCK_USERS_1 or block == BLOCK_USERS_2:
            return self._users(body, n, block == BLOCK_USERS_2)
        if block in PROCESS_VERSIONS:
            return self._processes(body, n, PROCESS_VERSIONS[block])
        if block == BLOCK_FDS_1 or block == BLOCK_FDS_2:
            return self._fds(body, n, block == BLOCK_FDS_2)
        return 0

    cdef int finish(self) except -1:
        cdef ThreadInfo thread
        if self.modern and not self.state.evt.by_number:    # csyspy's own events are those of sysdig 0.29.3
            self.state.producer = PRODUCER_LIBS20
        if not self.state.needs:
            return 0
        self.state.threads.link()
        if self.state.needs & NEED_FD:
            for thread in self.state.threads.all():
                if thread.own_fds is not None:
                    settle_roles(thread.own_fds, self.server_ports, self.state.resolve_ports)
        return 0

    cdef int _machine(self, const uint8_t* body, size_t n) except -1:
        cdef Cursor c = Cursor(body, body + n, False)
        if n < MACHINE_SIZE:
            self._damaged("machine block")
        machine = {"num_cpus": _number(&c, 4), "memory_bytes": _number(&c, 8), "max_pid": _number(&c, 8)}
        machine["hostname"] = (<const char*>_take(&c, 128))[:128].partition(b"\0")[0].decode("utf-8", "surrogateescape")
        machine["boot_ts_ns"] = _number(&c, 8)
        machine["flags"] = _number(&c, 8)
        self.state.evt.by_number = machine["flags"] & CALLS_BY_NUMBER != 0
        self.state.machine = machine
        return 0

    cdef int _interfaces(self, const uint8_t* body, size_t n, bint sized) except -1:
        cdef Cursor block = Cursor(body, body + n, False)
        cdef Cursor c
        cdef const uint8_t* p
        cdef size_t width, length
        cdef list found = []
        while _left(&block) >= MIN_ENTRY:
            if not _entry(&block, sized, 0, &c):
                self._damaged("interface list")
            kind = <int>_number(&c, 2)
            length = <size_t>_number(&c, 2)
            if kind not in INTERFACES or length >= MAX_PATH:
                self._damaged("interface list")
            width, has_speed = INTERFACES[kind]
            p = _take(&c, 3 * width)
            speed = _number(&c, 8) if has_speed else 0
            if p == NULL or _left(&c) < length:
                self._damaged("interface list")
            name = (<const char*>_take(&c, length))[:length].partition(b"\0")[0].decode("utf-8", "surrogateescape")
            found.append({
                "type": 4 if width == 4 else 6, "name": name, "addr": (<const char*>p)[:width],
                "netmask": (<const char*>p + width)[:width], "bcast": (<const char*>p + 2 * width)[:width], "linkspeed": speed,
            })
            block.p = c.end if sized else c.p
        self.state.interfaces = found
        return 0

    cdef int _users(self, const uint8_t* body, size_t n, bint sized) except -1:
        cdef Cursor block = Cursor(body, body + n, False)
        cdef Cursor c
        cdef dict users = {}
        cdef dict groups = {}
        while _left(&block) >= MIN_ENTRY:
            if not _entry(&block, sized, 4, &c):
                self._damaged("user list")
            if _number(&c, 1) == 0:
                uid, gid = _number(&c, 4), _number(&c, 4)
                users[uid] = (_name(&c), gid, _name(&c), _name(&c))
            else:
                gid = _number(&c, 4)
                groups[gid] = _name(&c)
            if c.short:
                self._damaged("user list")
            block.p = c.end if sized else c.p
        if self.state.import_users:
            self.state.users = users
            self.state.groups = groups
        return 0

    cdef int _processes(self, const uint8_t* body, size_t n, int version) except -1:
        cdef Cursor block = Cursor(body, body + n, False)
        cdef Cursor c
        cdef ThreadInfo thread
        while _left(&block) >= MIN_ENTRY:
            if not _entry(&block, version >= 9, 4, &c):
                self._damaged("process list")
            thread = ThreadInfo()
            self._read_thread(&c, version, thread)
            if c.short:
                self._damaged("process list")
            if self.state.needs:
                self.state.threads.add(thread, True)
            block.p = c.end if version >= 9 else c.p
        return 0

    cdef int _read_thread(self, Cursor* c, int version, ThreadInfo thread) except -1:
        """One entry, the same for all versions but for the fields that each one added."""
        cdef const uint8_t* p
        cdef size_t length
        cdef bytes cwd
        thread.tid = <int64_t>_number(c, 8)
        thread.pid = <int64_t>_number(c, 8)
        thread.ptid = <int64_t>_number(c, 8)
        if version >= 6:
            thread.sid = <int64_t>_number(c, 8)
        if version >= 8:
            thread.vpgid = <int64_t>_number(c, 8)
        thread.comm = _string(c, MAX_PATH)
        thread.exe = _string(c, MAX_PATH)
        if version >= 7:
            thread.set_exepath(_string(c, MAX_PATH))
        p = _text(c, MAX_LIST, &length)
        if p != NULL:
            thread.set_args(p, length)
        cwd = _string(c, MAX_PATH)
        if thread.tid == thread.pid:
            thread.set_cwd(cwd, cwd)
        thread.fdlimit = <int64_t>_number(c, 8)
        thread.flags |= <uint32_t>_number(c, 4) | CL_ACTIVE
        thread.uid = <uint32_t>_number(c, 4)
        thread.gid = <uint32_t>_number(c, 4)
        if version >= 2:
            thread.vmsize_kb = <uint32_t>_number(c, 4)
            thread.vmrss_kb = <uint32_t>_number(c, 4)
            thread.vmswap_kb = <uint32_t>_number(c, 4)
            thread.pfmajor = _number(c, 8)
            thread.pfminor = _number(c, 8)
        if version >= 3:
            p = _text(c, MAX_LIST, &length)
            if p != NULL and thread.tid == thread.pid:
                thread.set_env(p, length)
        if version >= 4:
            thread.vtid = <int64_t>_number(c, 8)
            thread.vpid = <int64_t>_number(c, 8)
            p = _text(c, MAX_LIST, &length)
            if p != NULL and self.state.needs:
                take_cgroups(self.state, thread, p, <uint32_t>length)
        if version >= 5:
            thread.root = _string(c, MAX_PATH)
        if version >= 9 and not c.short:
            self._read_tail(c, thread)
        return 0

    cdef int _read_tail(self, Cursor* c, ThreadInfo thread) except -1:
        """What v9 entries have grown behind the root; each field is there only where the entry is long enough."""
        if _left(c) > OLD_TAIL:
            self.modern = True
            thread.pidns_init_start_ts = _optional(c, 8, 0)
            thread.tty = <uint32_t>_optional(c, 4, 0)
        thread.loginuid = <uint32_t>_optional(c, 4, 0xFFFFFFFF)
        thread.exe_writable = _optional(c, 1, 0) != 0
        thread.cap_inheritable = _optional(c, 8, 0)
        thread.cap_permitted = _optional(c, 8, 0)
        thread.cap_effective = _optional(c, 8, 0)
        thread.exe_upper_layer = _optional(c, 1, 0) != 0
        thread.exe_ino = _optional(c, 8, 0)
        thread.exe_ino_ctime = _optional(c, 8, 0)
        thread.exe_ino_mtime = _optional(c, 8, 0)
        thread.exe_from_memfd = _optional(c, 1, 0) != 0
        thread.exe_lower_layer = _optional(c, 1, 0) != 0
        thread.pgid = <int64_t>_optional(c, 8, <uint64_t>-1)
        return 0

    cdef int _fds(self, const uint8_t* body, size_t n, bint sized) except -1:
        cdef Cursor block = Cursor(body, body + n, False)
        cdef Cursor c
        cdef ThreadInfo thread
        cdef FdInfo info
        cdef size_t used
        cdef int64_t fd
        cdef uint64_t ino
        cdef int kind
        if not self.state.needs & NEED_FD:
            return 0
        thread = self.state.threads.find(<int64_t>_number(&block, 8))
        while _left(&block) >= MIN_ENTRY:
            if not _entry(&block, sized, 4, &c):
                self._damaged("file descriptor list")
            fd = <int64_t>_number(&c, 8)
            ino = _number(&c, 8)
            kind = <int>_number(&c, 1)
            if c.short:
                self._damaged("file descriptor list")
            info = fd_from_list(fd, ino, kind, c.p, _left(&c), sized, &used)
            if info is None:
                self._damaged("file descriptor list")
            c.p += used
            # A block may come before its thread, or without it: then nobody has these.
            if thread is not None:
                settle_fd(info, self.state.interfaces, self.server_ports, self.state.resolve_ports)
                if thread.own_fds is None:
                    thread.own_fds = FdTable()
                thread.own_fds.put(fd, info)
            block.p = c.end if sized else c.p
        if block.short:
            self._damaged("file descriptor list")
        return 0
