"""What a program has of the time before it (bpf/stream_inherited.h), told by the calls that would have led to it.

So every reader of captures understands it, sysdig included: a file that was redirected is an open(2) for it, a connection a socket(2) and a
connect(2). Nobody sees these events; they are marked as being there for the state alone.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset, strlen

from csyspy.capture.live.record cimport CALL_EXIT, MAX_FETCHED, RESULT, Record
from csyspy.capture.live.special cimport upside_down

cdef enum:                   # what was fetched for a record
    FACTS_OF_FILE = 0
    PATH = 1
    LEAF = 2                 # where there is no path
    FACTS_OF_SOCKET = 3

cdef enum:                   # system calls of x86-64
    OPEN = 2
    CLOSE = 3
    PIPE = 22
    SOCKET = 41
    CONNECT = 42
    BIND = 49
    CHDIR = 80
    SETSID = 112
    TIMERFD_CREATE = 283
    ACCEPT4 = 288
    SIGNALFD4 = 289
    EVENTFD2 = 290
    EPOLL_CREATE1 = 291
    INOTIFY_INIT1 = 294

cdef enum:
    CWD_FD = -100            # stands for the working directory
    O_DIRECTORY = 0o200000
    O_LARGEFILE = 0o100000   # the kernel's own addition on machines of 64 bits
    S_IFMT = 0o170000
    S_IFREG = 0o100000
    S_IFIFO = 0o010000
    S_IFSOCK = 0o140000
    S_IFDIR = 0o040000
    UNIX = 1
    INET = 2
    INET6 = 10
    STREAM = 1
    DATAGRAM = 2
    LISTENING = 10           # TCP_LISTEN
    FACTS = 72               # struct socket_facts, bpf/stream_files.h
    LOCAL_PORT_AT = 2
    PEER_PORT_AT = 4
    STATE_AT = 6
    TYPE_AT = 7
    LOCAL_AT = 8
    PEER_AT = 24
    OTHER_AT = 48
    PROTOCOL_AT = 64
    OWN_PATH_AT = 68
    PEER_PATH_AT = 70


cdef Record* _call(const Record* r, Told* told, uint16_t nr, int64_t result) noexcept nogil:
    """One more call, without arguments yet."""
    cdef int at = told.count
    cdef Record* call = &told.record[at]
    cdef int i
    told.count += 1
    memcpy(&told.head[at], r.head, sizeof(Head))
    memset(told.head[at].regs, 0, sizeof(told.head[at].regs))
    told.head[at].nr = nr
    told.head[at].kind = CALL_EXIT
    told.head[at].regs[RESULT] = <uint64_t>result
    call.head = &told.head[at]
    call.epoch_ns = r.epoch_ns
    for i in range(MAX_FETCHED):
        call.fetched[i] = told.path
        call.size[i] = 0
    return call


cdef inline void _argument(Record* call, int number, uint64_t value) noexcept nogil:
    (<Head*>call.head).regs[number] = value


cdef inline void _fetched(Record* call, int number, const uint8_t* data, uint32_t size) noexcept nogil:
    call.fetched[number] = data
    call.size[number] = size


cdef inline uint16_t _u16(const uint8_t* p) noexcept nogil:
    cdef uint16_t value
    memcpy(&value, p, 2)
    return value


cdef inline bint _is(const Record* r, const char* name) noexcept nogil:
    """Whether the leaf has this name."""
    return r.size[LEAF] == strlen(name) + 1 and memcmp(r.fetched[LEAF], name, r.size[LEAF]) == 0


# --- files ---

cdef void _file(const Record* r, Told* told, int64_t fd, uint32_t mode, uint32_t size) noexcept nogil:
    cdef uint64_t flags = r.head.regs[1] & ~<uint64_t>O_LARGEFILE
    cdef Record* call = _call(r, told, OPEN, fd)
    _argument(call, 1, flags | (O_DIRECTORY if mode & S_IFMT == S_IFDIR else 0))
    _fetched(call, 0, told.path, size)
    _fetched(call, 1, r.fetched[FACTS_OF_FILE], r.size[FACTS_OF_FILE])


cdef uint32_t _deleted(const Record* r, Told* told) noexcept nogil:
    """The path of what was never in a folder (memfd_create), as /proc has it. Its size."""
    cdef uint32_t n = r.size[LEAF] - 1
    cdef const char* mark = b" (deleted)"
    told.path[0] = c'/'
    memcpy(told.path + 1, r.fetched[LEAF], n)
    memcpy(told.path + 1 + n, mark, 11)
    return n + 12


cdef void _without_path(const Record* r, Told* told, int64_t fd, uint32_t mode) noexcept nogil:
    cdef Record* call
    cdef int32_t number = <int32_t>fd
    if mode & S_IFMT == S_IFIFO:     # both ends are the one
        memcpy(told.numbers, &number, 4)
        memcpy(told.numbers + 4, &number, 4)
        call = _call(r, told, PIPE, 0)
        _fetched(call, 0, told.numbers, 8)
        _fetched(call, 1, r.fetched[FACTS_OF_FILE], r.size[FACTS_OF_FILE])
    elif _is(r, b"/"):
        memcpy(told.path, b"/", 2)
        _file(r, told, fd, mode, 2)
    elif _is(r, b"[eventfd]"):
        _call(r, told, EVENTFD2, fd)
    elif _is(r, b"[eventpoll]"):
        _call(r, told, EPOLL_CREATE1, fd)
    elif _is(r, b"[timerfd]"):
        _call(r, told, TIMERFD_CREATE, fd)
    elif _is(r, b"inotify"):
        _call(r, told, INOTIFY_INIT1, fd)
    elif _is(r, b"[signalfd]"):
        _argument(_call(r, told, SIGNALFD4, fd), 0, <uint64_t>-1)
    elif r.size[LEAF] > 7 and memcmp(r.fetched[LEAF], b"memfd:", 6) == 0:
        _file(r, told, fd, mode, _deleted(r, told))
    else:                    # sysdig 0.29.3 knows nothing of it; what the parent had under the number is gone
        _argument(_call(r, told, CLOSE, 0), 0, <uint64_t>fd)


# --- sockets ---

cdef uint32_t _put_address(Told* told, const uint8_t* facts, bint peer) noexcept nogil:
    """struct sockaddr of one end of an IP socket. Its size."""
    cdef uint16_t family = _u16(facts)
    cdef uint16_t port = _u16(facts + (PEER_PORT_AT if peer else LOCAL_PORT_AT))
    cdef const uint8_t* ip = facts + (PEER_AT if peer else LOCAL_AT)
    memset(told.address, 0, 28)
    memcpy(told.address, &family, 2)
    told.address[2] = <uint8_t>(port >> 8)
    told.address[3] = <uint8_t>port
    if family == INET:
        memcpy(told.address + 4, ip, 4)
        return 16
    memcpy(told.address + 8, ip, 16)
    return 28


cdef uint32_t _put_path(Told* told, const uint8_t* path, uint16_t n) noexcept nogil:
    """The same of a unix socket's path."""
    cdef uint16_t family = UNIX
    memcpy(told.address, &family, 2)
    memcpy(told.address + 2, path, n)
    return n + 2


cdef void _accepted(const Record* r, Told* told, int64_t fd, const uint8_t* facts, uint32_t size) noexcept nogil:
    _fetched(_call(r, told, ACCEPT4, fd), 0, facts, size)


cdef void _connected(const Record* r, Told* told, int64_t fd, const uint8_t* facts, uint32_t size, uint32_t address) noexcept nogil:
    cdef Record* call = _call(r, told, CONNECT, 0)
    _argument(call, 0, <uint64_t>fd)
    _fetched(call, 0, told.address, address)
    _fetched(call, 1, facts, size)


cdef void _bound(const Record* r, Told* told, int64_t fd, uint32_t address) noexcept nogil:
    cdef Record* call = _call(r, told, BIND, 0)
    _argument(call, 0, <uint64_t>fd)
    _fetched(call, 0, told.address, address)


cdef void _made(const Record* r, Told* told, int64_t fd, const uint8_t* facts) noexcept nogil:
    cdef Record* call = _call(r, told, SOCKET, fd)
    _argument(call, 0, _u16(facts))
    _argument(call, 1, facts[TYPE_AT])
    _argument(call, 2, facts[PROTOCOL_AT])


cdef void _ip_socket(const Record* r, Told* told, int64_t fd, const uint8_t* facts, uint32_t size) noexcept nogil:
    """Which end connected is not known any more: servers have the lower ports (libs: fdinfo.cpp, set_net_role_by_guessing)."""
    cdef uint16_t near = _u16(facts + LOCAL_PORT_AT)
    cdef uint16_t far = _u16(facts + PEER_PORT_AT)
    if far and facts[TYPE_AT] == STREAM and near < far:
        _accepted(r, told, fd, facts, size)
        return
    _made(r, told, fd, facts)
    if far:
        _connected(r, told, fd, facts, size, _put_address(told, facts, True))
    elif near:
        _bound(r, told, fd, _put_address(told, facts, False))


cdef void _unix_socket(const Record* r, Told* told, int64_t fd, const uint8_t* facts, uint32_t size) noexcept nogil:
    cdef uint16_t own = _u16(facts + OWN_PATH_AT)
    cdef uint16_t peer = _u16(facts + PEER_PATH_AT)
    cdef uint64_t other
    memcpy(&other, facts + OTHER_AT, 8)
    if <uint32_t>(FACTS + own + peer) > size or own > 108 or peer > 108:
        own = peer = 0
    if other and own and facts[TYPE_AT] != DATAGRAM:
        _accepted(r, told, fd, facts, size)
    else:
        _made(r, told, fd, facts)    # all that socketpair(2) leaves, too: readers want two descriptors of its event
        if peer:
            _connected(r, told, fd, facts, size, _put_path(told, facts + FACTS + own, peer))
        elif own:
            _bound(r, told, fd, _put_path(told, facts + FACTS, own))


cdef void retell(const Record* r, Told* told) noexcept nogil:
    """The calls that would have led to what one record tells."""
    cdef int64_t fd = <int64_t>r.head.regs[0]
    cdef const uint8_t* facts = r.fetched[FACTS_OF_SOCKET]
    cdef uint32_t mode = 0
    cdef uint32_t size = 1 + upside_down(told.path, r.fetched[PATH], min(r.size[PATH], <uint32_t>(PATH_ROOM - 2)))
    told.count = 0
    if fd == CWD_FD:
        if size < 2:
            memcpy(told.path, b"/", 2)
            size = 2
        _fetched(_call(r, told, CHDIR, 0), 0, told.path, size)
        if r.head.regs[1]:
            _call(r, told, SETSID, <int64_t>r.head.regs[1])
        return
    if r.size[FACTS_OF_FILE] >= 16:
        memcpy(&mode, r.fetched[FACTS_OF_FILE] + 12, 4)
    if mode & S_IFMT == S_IFSOCK:
        if r.size[FACTS_OF_SOCKET] < FACTS:
            return
        if _u16(facts) == INET or _u16(facts) == INET6:
            _ip_socket(r, told, fd, facts, r.size[FACTS_OF_SOCKET])
        elif _u16(facts) == UNIX:
            _unix_socket(r, told, fd, facts, r.size[FACTS_OF_SOCKET])
        else:
            _made(r, told, fd, facts)
    elif size > 1:
        _file(r, told, fd, mode, size)
    else:
        _without_path(r, told, fd, mode)
