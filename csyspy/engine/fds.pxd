"""File descriptors of a process as libsinsp keeps them (libs: userspace/libsinsp/fdinfo.h)."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum FdType:        # libs: userspace/libscap/scap.h, scap_fd_type; letters and names are in events.json fd_types
    FD_UNINITIALIZED = -1
    FD_UNKNOWN = 0
    FD_FILE = 1
    FD_DIRECTORY = 2
    FD_IPV4_SOCK = 3
    FD_IPV6_SOCK = 4
    FD_IPV4_SERVSOCK = 5
    FD_IPV6_SERVSOCK = 6
    FD_FIFO = 7
    FD_UNIX_SOCK = 8
    FD_EVENT = 9
    FD_UNSUPPORTED = 10
    FD_SIGNALFD = 11
    FD_EVENTPOLL = 12
    FD_INOTIFY = 13
    FD_TIMERFD = 14
    FD_NETLINK = 15
    FD_FILE_V2 = 16
    FD_BPF = 17
    FD_USERFAULTFD = 18
    FD_IOURING = 19
    FD_MEMFD = 20
    FD_PIDFD = 21

cdef enum L4Proto:
    L4_UNKNOWN = 0
    L4_NA = 1
    L4_TCP = 2
    L4_UDP = 3
    L4_ICMP = 4
    L4_RAW = 5

cdef enum FdFlag:        # libs: userspace/libsinsp/fdinfo.h, sinsp_fdinfo::flags
    FDF_FROM_PROC = 1 << 0
    FDF_TRANSACTION = 1 << 1
    FDF_ROLE_CLIENT = 1 << 2
    FDF_ROLE_SERVER = 1 << 3
    FDF_CLOSE_IN_PROGRESS = 1 << 4
    FDF_CLOSE_CANCELED = 1 << 5
    FDF_IS_SOCKET_PIPE = 1 << 6
    FDF_IS_TRACER_FILE = 1 << 7
    FDF_IS_TRACER_FD = 1 << 8
    FDF_IS_NOT_TRACER_FD = 1 << 9
    FDF_IN_BASELINE_R = 1 << 10
    FDF_IN_BASELINE_RW = 1 << 11
    FDF_IN_BASELINE_OTHER = 1 << 12
    FDF_SOCKET_CONNECTED = 1 << 13
    FDF_IS_CLONED = 1 << 14
    FDF_CONNECTION_PENDING = 1 << 15
    FDF_CONNECTION_FAILED = 1 << 16
    FDF_OVERLAY_UPPER = 1 << 17
    FDF_OVERLAY_LOWER = 1 << 18


cdef class FdInfo:
    cdef readonly int64_t fd
    cdef readonly int type            # FdType
    cdef public uint32_t flags        # FdFlag bits
    cdef readonly uint32_t open_flags # PPM_O_* bits
    cdef readonly uint32_t dev
    cdef readonly uint32_t mount_id
    cdef readonly uint64_t ino
    cdef readonly int64_t pid         # of a pidfd
    cdef readonly bytes name          # path as csyspy prints it, or the tuple; b"" where unknown
    cdef readonly bytes name_raw
    cdef FdInfo old_style             # not None: the socket as sysdig 0.29.3 has it, which is another once a datagram has come
    cdef bint old_style_missed        # sysdig 0.29.3 did not see this fd made: it has `old_style` instead, or nothing
    cdef readonly bytes old_style_name  # not None: the path as sysdig 0.29.3 joins it, which is not quite `name` (`//sys`)
    cdef readonly bytes old_name      # name when the current event began: tells whether the event changed it
    # sockets: addresses as on the wire (4 bytes in sip[0:4] for IPv4), ports in host order; a server socket has only dip and dport
    cdef uint8_t sip[16]
    cdef uint8_t dip[16]
    cdef readonly uint16_t sport
    cdef readonly uint16_t dport
    cdef readonly uint8_t l4proto     # L4Proto
    cdef readonly uint64_t unix_source
    cdef readonly uint64_t unix_dest
    cdef uint8_t under[40]            # what former types of the socket left behind: see sockinfo

    cdef FdInfo copy(self)
    cdef void name_tuple(self, bint resolve) except *    # sets name from the addresses
    cdef bint is_ipv4(self) noexcept
    cdef bint is_ipv6(self) noexcept
    cdef bint is_socket(self) noexcept
    cdef bint is_file(self) noexcept
    cdef bint closes_on_exec(self) noexcept
    cdef void keep_on_exec(self) noexcept      # clears the flags that closes_on_exec() looks at
    cdef char typechar(self) noexcept
    cdef int shown_l4proto(self) noexcept      # L4Proto as the fields show it: L4_NA while nobody knows the role


cdef FdInfo new_fd(int type)                    # with no name and no number yet
cdef FdInfo fd_from_list(int64_t fd, uint64_t ino, int type, const uint8_t* tail, size_t avail, bint sized, size_t* used)
# one entry of an FDL block behind its `type` byte; `used` gets the bytes it took; None where it does not fit.
# `sized`: the block gives entry lengths (v2), so `avail` ends with the entry
cdef int settle_fd(FdInfo info, list interfaces, set server_ports, bint resolve) except -1
# completes an entry that came from a list: missing local address, name, role; adds to the ports that somebody serves
cdef int complete_tuple(FdInfo info, list interfaces) except -1     # the missing local address of a connection
cdef void swap_ends(FdInfo info) noexcept
cdef int settle_roles(FdTable table, set server_ports, bint resolve) except -1
# once all lists of the file are read: connections to a port that this machine serves change direction


cdef class FdTable:
    """fd number -> FdInfo of one process (threads that share files share the table)."""
    cdef dict _far                    # numbers that do not fit the dense part; None until there is one
    cdef list _near                   # index = fd
    cdef readonly Py_ssize_t count
    cdef FdTable old_style            # the table as sysdig 0.29.3 has it, where that is another one; else None

    cdef FdInfo get(self, int64_t fd)             # None where unknown
    cdef FdInfo put(self, int64_t fd, FdInfo info)  # replaces, sets info.fd; None where the table is full
    cdef bint remove(self, int64_t fd)
    cdef FdTable copy(self)
    cdef FdTable _copy_beside(self, FdTable table, FdTable copied)
    cdef int drop_on_exec(self) except -1         # what a successful execve closes (the newest libs do it, libs 0.20 does not)
    cpdef list items(self)            # [FdInfo] sorted by number
