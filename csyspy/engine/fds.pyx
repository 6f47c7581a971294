"""File descriptors of a process as libsinsp keeps them (libs: userspace/libsinsp/fdinfo.cpp).

Names are built when the state changes, so that a filter on `fd.name` only looks at bytes that are there.
"""

cimport cython
from libc.string cimport memcpy, memset

from csyspy.engine.path cimport printable
from csyspy.engine.address cimport endpoint_text, infer_local_ip, is_mapped_ip4, is_zero_ip, tuple_text

cdef enum:
    NEAR_LIMIT = 1024          # numbers below stand in the dense list
    MAX_FDS = 4096             # libs: settings.h, MAX_FD_TABLE_SIZE: a table takes no more

cdef enum:
    O_CLOEXEC = 1 << 12        # PPM_O_CLOEXEC
    CLOEXEC_OF_KIND = 1        # PPM_EPOLL_CLOEXEC, PPM_MFD_CLOEXEC

cdef dict _TYPE_CHARS = {
    FD_FILE: b"f", FD_FILE_V2: b"f", FD_IPV4_SOCK: b"4", FD_IPV4_SERVSOCK: b"4", FD_IPV6_SOCK: b"6", FD_IPV6_SERVSOCK: b"6",
    FD_DIRECTORY: b"d", FD_FIFO: b"p", FD_UNIX_SOCK: b"u", FD_EVENT: b"e", FD_UNKNOWN: b"o", FD_UNSUPPORTED: b"X",
    FD_SIGNALFD: b"s", FD_EVENTPOLL: b"l", FD_INOTIFY: b"i", FD_TIMERFD: b"t", FD_NETLINK: b"n", FD_BPF: b"b",
    FD_USERFAULTFD: b"u", FD_IOURING: b"r", FD_MEMFD: b"m", FD_PIDFD: b"P",
}
cdef char _TYPE_CHAR[FD_PIDFD + 1]
for _type in range(FD_PIDFD + 1):
    _TYPE_CHAR[<int>_type] = (<bytes>_TYPE_CHARS[_type])[0]


cdef FdInfo new_fd(int type):
    """An fd of this FdType with nothing else known."""
    cdef FdInfo info = FdInfo.__new__(FdInfo)
    info.type = type
    return info


@cython.freelist(256)
cdef class FdInfo:
    """One open file descriptor. `name` and `name_raw` are bytes, `open_flags` are PPM_O_* bits, `fd` is -1 until it is in a table."""

    def __cinit__(self):
        self.fd = -1
        self.type = FD_UNINITIALIZED
        self.name = b""
        self.name_raw = b""
        self.old_name = b""

    cdef FdInfo copy(self):
        """A twin that changes on its own."""
        cdef FdInfo twin = FdInfo.__new__(FdInfo)
        twin.fd = self.fd
        twin.type = self.type
        twin.flags = self.flags
        twin.open_flags = self.open_flags
        twin.dev = self.dev
        twin.mount_id = self.mount_id
        twin.ino = self.ino
        twin.pid = self.pid
        twin.name = self.name
        twin.name_raw = self.name_raw
        twin.old_style_name = self.old_style_name
        if self.old_style is not None:
            twin.old_style = self.old_style.copy()
        twin.old_style_missed = self.old_style_missed
        twin.old_name = self.old_name
        memcpy(twin.sip, self.sip, 16)
        memcpy(twin.dip, self.dip, 16)
        twin.sport = self.sport
        twin.dport = self.dport
        twin.l4proto = self.l4proto
        twin.unix_source = self.unix_source
        twin.unix_dest = self.unix_dest
        memcpy(twin.under, self.under, 40)
        return twin

    cdef void name_tuple(self, bint resolve) except *:
        """Set `name` from the addresses; `resolve` puts service names for ports."""
        if self.type == FD_IPV4_SOCK or self.type == FD_IPV6_SOCK:
            self.name = tuple_text(self.sip, self.dip, self.type == FD_IPV6_SOCK, self.sport, self.dport, self.l4proto, resolve)
        elif self.type == FD_IPV4_SERVSOCK or self.type == FD_IPV6_SERVSOCK:
            self.name = endpoint_text(self.dip, self.type == FD_IPV6_SERVSOCK, self.dport, self.l4proto, resolve)

    cdef bint is_ipv4(self) noexcept:
        return self.type == FD_IPV4_SOCK or self.type == FD_IPV4_SERVSOCK

    cdef bint is_ipv6(self) noexcept:
        return self.type == FD_IPV6_SOCK or self.type == FD_IPV6_SERVSOCK

    cdef bint is_socket(self) noexcept:
        return FD_IPV4_SOCK <= self.type <= FD_IPV6_SERVSOCK or self.type == FD_UNIX_SOCK

    cdef bint is_file(self) noexcept:
        return self.type == FD_FILE or self.type == FD_FILE_V2

    cdef bint closes_on_exec(self) noexcept:
        if self.open_flags & O_CLOEXEC:
            return True
        return (self.type == FD_EVENTPOLL or self.type == FD_MEMFD) and self.open_flags & CLOEXEC_OF_KIND

    cdef void keep_on_exec(self) noexcept:
        self.open_flags &= ~<uint32_t>(O_CLOEXEC | CLOEXEC_OF_KIND)

    cdef char typechar(self) noexcept:
        return _TYPE_CHAR[self.type] if 0 <= self.type <= FD_PIDFD else b"?"

    cdef int shown_l4proto(self) noexcept:
        if self.type == FD_IPV4_SERVSOCK or self.type == FD_IPV6_SERVSOCK:
            return self.l4proto
        if self.type == FD_IPV4_SOCK or self.type == FD_IPV6_SOCK:
            if self.l4proto == L4_RAW or self.flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER):
                return self.l4proto
        return L4_NA

    @property
    def addresses(self) -> tuple[bytes, int, bytes, int]:
        """Source address, source port, destination address, destination port of a socket; addresses of 4 or 16 bytes."""
        cdef Py_ssize_t width = 16 if self.is_ipv6() else 4
        return (<char*>self.sip)[:width], self.sport, (<char*>self.dip)[:width], self.dport


cdef class FdTable:
    """fd number -> FdInfo of one process."""

    def __cinit__(self):
        self._near = []

    cdef FdInfo get(self, int64_t fd):
        cdef object info
        if 0 <= fd < len(self._near):
            return <FdInfo>self._near[fd]
        if self._far is not None and fd >= 0:
            info = self._far.get(fd)
            if info is not None:
                return <FdInfo>info
        return None

    cdef FdInfo put(self, int64_t fd, FdInfo info):
        cdef bint fresh = self.get(fd) is None
        if fd < 0 or (fresh and self.count >= MAX_FDS):
            return None
        info.fd = fd
        self.count += fresh
        if fd < NEAR_LIMIT:
            while len(self._near) <= fd:
                self._near.append(None)
            self._near[fd] = info
        else:
            if self._far is None:
                self._far = {}
            self._far[fd] = info
        if self.old_style is not None:
            self.old_style.put(fd, info)
        return info

    cdef bint remove(self, int64_t fd):
        """Forget `fd`; False where it was unknown."""
        if self.old_style is not None:
            self.old_style.remove(fd)
        if self.get(fd) is None:
            return False
        if fd < NEAR_LIMIT:
            self._near[fd] = None
        else:
            del self._far[fd]
        self.count -= 1
        return True

    cdef FdTable copy(self):
        """A table with copies of all entries, as a process gets it from its parent."""
        cdef FdTable twin = FdTable.__new__(FdTable)
        cdef FdInfo info
        twin._near = [None if info is None else info.copy() for info in self._near]
        if self._far is not None:
            twin._far = {fd: (<FdInfo>info).copy() for fd, info in self._far.items()}
        twin.count = self.count
        if self.old_style is not None:
            twin.old_style = self.old_style._copy_beside(self, twin)
        return twin

    cdef FdTable _copy_beside(self, FdTable table, FdTable copied):
        """A copy of this table that shares with `copied` what it shares with `table`, of which that is the copy."""
        cdef FdTable twin = FdTable.__new__(FdTable)
        cdef FdInfo info
        for info in self.items():
            twin.put(info.fd, copied.get(info.fd) if table.get(info.fd) is info else info.copy())
        return twin

    cdef int drop_on_exec(self) except -1:
        """Forget every fd that a successful execve closes."""
        cdef FdInfo info
        for info in self.items():
            if info.closes_on_exec():
                self.remove(info.fd)
        if self.old_style is not None:
            self.old_style.drop_on_exec()
        return 0

    cpdef list items(self):
        """All known fds, sorted by number."""
        cdef FdInfo info
        cdef list known = [info for info in self._near if info is not None]
        if self._far:
            known += [self._far[fd] for fd in sorted(self._far)]
        return known

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, int64_t fd) -> FdInfo:
        cdef FdInfo info = self.get(fd)
        if info is None:
            raise KeyError(fd)
        return info


cdef bytes _list_name(const uint8_t* tail, size_t avail, size_t* used):
    """A string of an FDL entry: its length in two bytes, then the text, whose unprintable bytes no field shows: /proc/net/unix
    leaves a line feed behind. None where it does not fit."""
    cdef size_t n
    if avail < 2:
        return None
    n = tail[0] | (tail[1] << 8)
    if avail - 2 < n or n > 1023:
        return None
    used[0] += 2 + n
    return printable(<const char*>tail + 2, <uint32_t>n)


cdef bint _list_socket(FdInfo info, const uint8_t* tail, size_t avail, size_t* used) noexcept:
    """Addresses, ports and protocol of a socket of an FDL entry; False where it does not fit."""
    cdef size_t width = 16 if info.is_ipv6() else 4
    cdef bint server = info.type == FD_IPV4_SERVSOCK or info.type == FD_IPV6_SERVSOCK
    cdef size_t size = width + 3 if server else 2 * width + 5
    if avail < size:
        return False
    if server:
        memcpy(info.dip, tail, width)
        memcpy(&info.dport, tail + width, 2)
    else:
        memcpy(info.sip, tail, width)
        memcpy(info.dip, tail + width, width)
        memcpy(&info.sport, tail + 2 * width, 2)
        memcpy(&info.dport, tail + 2 * width + 2, 2)
    info.l4proto = tail[size - 1]
    used[0] = size
    return True


cdef FdInfo fd_from_list(int64_t fd, uint64_t ino, int type, const uint8_t* tail, size_t avail, bint sized, size_t* used):
    """One entry of an FDL block from behind its type byte (layout: libs userspace/libscap/scap_savefile.c).

    A type of a newer producer is taken only where the entry gives its length.
    """
    cdef FdInfo info = new_fd(type)
    used[0] = 0
    info.fd = fd
    info.ino = ino
    info.flags = FDF_FROM_PROC
    if info.is_ipv4() or info.is_ipv6():
        return info if _list_socket(info, tail, avail, used) else None
    if type == FD_UNIX_SOCK:
        if avail < 16:
            return None
        memcpy(&info.unix_source, tail, 8)
        memcpy(&info.unix_dest, tail + 8, 8)
        used[0] = 16
        info.name = _list_name(tail + 16, avail - 16, used)
    elif type == FD_FILE_V2:
        if avail < 4:
            return None
        memcpy(&info.open_flags, tail, 4)
        used[0] = 4
        info.name = _list_name(tail + 4, avail - 4, used)
        if sized and info.name is not None and avail - used[0] >= 4:
            memcpy(&info.dev, tail + used[0], 4)
            used[0] += 4
    elif FD_FILE <= type <= FD_PIDFD:
        info.name = _list_name(tail, avail, used)
    elif sized:
        info.type = FD_UNSUPPORTED
        info.name = b"unknown-type:[%d]" % type
        used[0] = avail
    else:
        return None
    return info if info.name is not None else None


cdef int complete_tuple(FdInfo info, list interfaces) except -1:
    """Give a connection without a source (or destination) address the one of this machine that fits.

    libs: sinsp_network_interfaces::update_fd
    """
    cdef bint v6 = info.type == FD_IPV6_SOCK
    cdef size_t width = 16 if v6 else 4
    cdef uint8_t found[16]
    cdef uint8_t* missing
    cdef uint8_t* known
    cdef bint same = True
    cdef size_t i
    if info.type != FD_IPV4_SOCK and not v6:
        return 0
    if is_zero_ip(info.sip, v6):
        missing, known = info.sip, info.dip
    elif is_zero_ip(info.dip, v6):
        missing, known = info.dip, info.sip
    else:
        return 0
    infer_local_ip(interfaces, known, v6, found)
    for i in range(width):
        same = same and found[i] == known[i]
    if not (same and info.sport == info.dport):
        memcpy(missing, found, width)
    return 0


cdef int settle_fd(FdInfo info, list interfaces, set server_ports, bint resolve) except -1:
    """Complete an fd that came from a list (libs: sinsp_threadinfo::add_fd_from_scap)."""
    if info.type == FD_IPV6_SOCK and is_mapped_ip4(info.sip) and is_mapped_ip4(info.dip):
        info.type = FD_IPV4_SOCK
        memcpy(info.sip, info.sip + 12, 4)
        memcpy(info.dip, info.dip + 12, 4)
    if info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK:
        if info.l4proto == L4_TCP:
            info.flags |= FDF_SOCKET_CONNECTED
        if info.type == FD_IPV4_SOCK:
            complete_tuple(info, interfaces)
        info.name_tuple(resolve)
    elif info.type == FD_IPV4_SERVSOCK or info.type == FD_IPV6_SERVSOCK:
        server_ports.add(info.dport)
        info.name_tuple(resolve)
    elif info.type == FD_UNIX_SOCK:
        info.flags |= FDF_ROLE_SERVER if info.name else FDF_ROLE_CLIENT
    return 0


cdef void swap_ends(FdInfo info) noexcept:
    """Source becomes destination and the other way round."""
    cdef uint8_t ip[16]
    cdef uint16_t port = info.sport
    memcpy(ip, info.sip, 16)
    memcpy(info.sip, info.dip, 16)
    memcpy(info.dip, ip, 16)
    info.sport = info.dport
    info.dport = port


cdef int settle_roles(FdTable table, set server_ports, bint resolve) except -1:
    """Roles of the IPv4 connections of a process that came from lists (libs: fix_sockets_coming_from_proc)."""
    cdef FdInfo info
    for info in table.items():
        if info.type == FD_IPV4_SOCK:
            if info.sport in server_ports:
                swap_ends(info)
                info.name_tuple(resolve)
                info.flags |= FDF_ROLE_SERVER
            else:
                info.flags |= FDF_ROLE_CLIENT
    return 0
