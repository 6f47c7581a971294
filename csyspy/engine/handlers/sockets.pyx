"""Events of sockets: what they connect, which end the process is, and the name that follows from it.

libs: userspace/libsinsp/parsers.cpp; 0.20 for captures with enter and exit events, the newest for exit-only ones.
"""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from csyspy.engine.address cimport is_mapped_ip4
from csyspy.engine.event cimport EF_READS_FROM_FD, EVENTS, MAX_EVENT_TYPES, Event, event_param, param_i64, param_u64
from csyspy.engine.fds cimport (
    FD_IPV4_SERVSOCK,
    FD_IPV4_SOCK,
    FD_IPV6_SERVSOCK,
    FD_IPV6_SOCK,
    FD_NETLINK,
    FD_UNINITIALIZED,
    FD_UNIX_SOCK,
    FD_UNKNOWN,
    FDF_CONNECTION_FAILED,
    FDF_CONNECTION_PENDING,
    FDF_ROLE_CLIENT,
    FDF_ROLE_SERVER,
    FDF_SOCKET_CONNECTED,
    L4_ICMP,
    L4_RAW,
    L4_TCP,
    L4_UDP,
    L4_UNKNOWN,
    FdInfo,
    complete_tuple,
    new_fd,
    swap_ends,
)
from csyspy.engine.handlers.dispatch cimport enter_event, keep_enter, only_on_sockets
from csyspy.engine.handlers.fdtable cimport O_CLOEXEC, add_fd, look_up, on, result
from csyspy.engine.sockinfo cimport (
    AF_FAMILY_INET,
    AF_FAMILY_INET6,
    AF_FAMILY_NETLINK,
    AF_FAMILY_UNIX,
    address_text,
    guess_role,
    name_from_tuple,
    name_socket,
    retype,
    set_tuple,
    set_unix,
    valid_address,
    valid_tuple,
)
from csyspy.engine.state cimport PRODUCER_OLD, State

from csyspy.events import EVENT_IDS

cdef enum:
    EINPROGRESS = 115
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOCK_RAW = 3
    PROTO_IP = 0
    PROTO_ICMP = 1
    PROTO_TCP = 6
    PROTO_UDP = 17
    PROTO_RAW = 255

cdef int8_t TUPLE_AT[2][MAX_EVENT_TYPES]   # parameter with the tuple of I/O events (of the enter event for sendto and sendmsg
                                           # of the first row); 0: none. Row 1 is for exit-only captures
cdef uint16_t SENDTO_X = EVENT_IDS["SENDTO_X"]
cdef uint16_t SENDMSG_X = EVENT_IDS["SENDMSG_X"]
cdef uint16_t SEND_X = EVENT_IDS["SEND_X"]
cdef uint16_t ACCEPT4_6_X = EVENT_IDS["ACCEPT4_6_X"]


cdef int _l4proto(uint32_t kind, uint32_t protocol) noexcept nogil:
    """L4Proto of a socket() call."""
    if protocol == PROTO_TCP:
        return L4_RAW if kind == SOCK_RAW else L4_TCP
    if protocol == PROTO_UDP:
        return L4_RAW if kind == SOCK_RAW else L4_UDP
    if protocol == PROTO_ICMP:
        return L4_RAW if kind == SOCK_RAW else L4_ICMP
    if protocol == PROTO_RAW:
        return L4_RAW
    if protocol == PROTO_IP:
        if kind & 0xFF == SOCK_STREAM:
            return L4_TCP
        if kind & 0xFF == SOCK_DGRAM:
            return L4_UDP
    return L4_UNKNOWN


cdef int _add_socket(State state, int64_t fd, uint32_t domain, uint32_t kind, uint32_t protocol, uint32_t flags) except -1:
    cdef FdInfo info = new_fd(FD_UNKNOWN)
    info.open_flags = flags
    if domain == AF_FAMILY_UNIX:
        info.type = FD_UNIX_SOCK
    elif domain == AF_FAMILY_NETLINK:
        info.type = FD_NETLINK
    elif domain == AF_FAMILY_INET or domain == AF_FAMILY_INET6:
        info.type = FD_IPV4_SOCK if domain == AF_FAMILY_INET else FD_IPV6_SOCK
        info.l4proto = _l4proto(kind, protocol)
    add_fd(state, fd, info)
    return 0


cdef int _socket(State state) except -1:
    """socket(). Captures from before libs 0.18 have domain, type and protocol in the enter event only."""
    cdef int64_t fd = result(state)
    cdef Event* said = &state.evt
    cdef FdInfo known
    cdef uint32_t first = 1
    if fd < 0 or state.thread is None:
        return 0
    if state.evt.nparams < 4:
        said = enter_event(state)
        first = 0
    if said == NULL:
        known = look_up(state, fd)
        _add_socket(state, fd, 0, 0, 0, 0)
        if state.producer == PRODUCER_OLD and state.fd is not None:
            state.fd.old_style_missed = True
            state.fd.old_style = known if known is None or not known.old_style_missed else known.old_style
        return 0
    _add_socket(state, fd, param_u64(said, first, 0), param_u64(said, first + 1, 0), param_u64(said, first + 2, 0),
                param_u64(said, 4, 0) if state.exit_only else 0)
    return 0


cdef int _socketpair(State state) except -1:
    """Both ends; the event's fd is the first."""
    cdef int64_t first = param_i64(&state.evt, 1, -1)
    cdef int64_t second = param_i64(&state.evt, 2, -1)
    cdef FdInfo info, twin
    if result(state) < 0 or state.thread is None:
        return 0
    if first == second:
        state.fd = None
        return 0
    info = new_fd(FD_UNIX_SOCK)
    info.unix_source = param_u64(&state.evt, 3, 0)
    info.unix_dest = param_u64(&state.evt, 4, 0)
    twin = info.copy()
    add_fd(state, second, twin)
    add_fd(state, first, info)
    state.thread.lastevent_fd = second
    state.fd_num = second
    return 0


cdef int _bind(State state) except -1:
    """A port above 0 makes the socket a server's."""
    cdef const uint8_t* p
    cdef uint32_t n
    cdef uint16_t port
    cdef FdInfo info = state.fd
    cdef bint v6
    cdef int l4proto
    if info is None or result(state) < 0 or not event_param(&state.evt, 1, &p, &n) or not valid_address(p, n):
        return 0
    if state.producer == PRODUCER_OLD and not state.thread.lastevent_valid and info.old_style is None and not info.old_style_missed:
        info.old_style = info.copy()        # 0.29.3 does not know which fd it is where the enter event was lost
    if p[0] == AF_FAMILY_INET or p[0] == AF_FAMILY_INET6:
        v6 = p[0] == AF_FAMILY_INET6
        memcpy(&port, p + 17 if v6 else p + 5, 2)
        if port:
            retype(info, FD_IPV6_SOCK if v6 else FD_IPV4_SOCK)
            l4proto = info.l4proto
            v6 = v6 and not is_mapped_ip4(p + 1)
            info.type = FD_IPV6_SERVSOCK if v6 else FD_IPV4_SERVSOCK
            memset(info.sip, 0, 16)
            memset(info.dip, 0, 16)
            memcpy(info.dip, p + 13 if p[0] == AF_FAMILY_INET6 and not v6 else p + 1, 16 if v6 else 4)
            info.sport = 0
            info.dport = port
            info.l4proto = l4proto
            info.flags |= FDF_ROLE_SERVER
    info.name = address_text(p, n, info.shown_l4proto(), state.resolve_ports)
    info.old_style_name = None
    return 0


cdef int _connect_enter(State state) except -1:
    """Where the call goes is known before it ends, and shown from then on."""
    cdef const uint8_t* p
    cdef uint32_t n
    cdef FdInfo info = state.fd
    cdef bytes said
    if info is None:
        return 0
    if state.evt.nparams < 2:
        # The producer does not tell the address: what an earlier connect left must not stand for this one.
        if info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK:
            memset(info.dip, 0, 16)
            info.dport = 0
            said = info.name if info.old_style_name is None else info.old_style_name
            name_socket(info, state.resolve_ports)
            info.old_style_name = said      # 0.29.3 leaves it alone
        return 0
    if not event_param(&state.evt, 1, &p, &n) or not valid_address(p, n):
        return 0
    if info.old_style is not None:
        _aim(state, info.old_style, p, n)
    return _aim(state, info, p, n)


cdef int _aim(State state, FdInfo info, const uint8_t* p, uint32_t n) except -1:
    """The socket's other end is to be at the address `p[:n]`, which is valid."""
    cdef bint v6, mapped
    if p[0] == AF_FAMILY_INET or p[0] == AF_FAMILY_INET6:
        v6 = p[0] == AF_FAMILY_INET6
        mapped = v6 and is_mapped_ip4(p + 1)
        retype(info, FD_IPV6_SOCK if v6 and not mapped else FD_IPV4_SOCK)
        memcpy(info.dip, p + 13 if mapped else p + 1, 16 if v6 and not mapped else 4)
        memcpy(&info.dport, p + 17 if v6 else p + 5, 2)
    else:
        info.name = address_text(p, n, info.shown_l4proto(), state.resolve_ports)
        info.old_style_name = None
    return 0


cdef int _take_client_tuple(State state, FdInfo info, const uint8_t* p, uint32_t n, bint overwrite) except -1:
    """The tuple of a connection that this process began (libs: fill_client_socket_info)."""
    cdef int type
    cdef bint changed
    if p[0] == AF_FAMILY_INET or p[0] == AF_FAMILY_INET6:
        type = FD_IPV4_SOCK
        if p[0] == AF_FAMILY_INET6 and not (is_mapped_ip4(p + 1) and is_mapped_ip4(p + 19)):
            type = FD_IPV6_SOCK
        retype(info, type)
        changed = set_tuple(info, type, p, overwrite)
        if changed and info.flags & FDF_ROLE_SERVER and info.type == FD_IPV4_SOCK and info.l4proto == L4_UDP:
            swap_ends(info)
        name_socket(info, state.resolve_ports)
    elif p[0] == AF_FAMILY_UNIX:
        name_from_tuple(info, p, n, state.resolve_ports)
        set_unix(info, p)
    else:
        name_from_tuple(info, p, n, state.resolve_ports)
    if not info.flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER):
        info.flags |= FDF_ROLE_CLIENT
    return 0


cdef void _connected(FdInfo info) noexcept:
    info.flags &= ~<uint32_t>(FDF_CONNECTION_PENDING | FDF_CONNECTION_FAILED)
    info.flags |= FDF_SOCKET_CONNECTED


cdef int _connect(State state) except -1:
    """connect(); an asynchronous one (EINPROGRESS) counts as connected."""
    cdef const uint8_t* p
    cdef uint32_t n
    cdef int64_t res = result(state)
    cdef bint overwrite = state.exit_only
    if state.thread is None:
        return 0
    if state.fd is None and state.evt.nparams > 2 and not state.exit_only:
        # The enter event was lost: what the fd knew is old.
        state.fd_num = param_i64(&state.evt, 2, -1)
        if state.fd_num < 0:
            return 0
        state.thread.lastevent_fd = state.fd_num
        state.fd = look_up(state, state.fd_num)
        overwrite = True
    if state.fd is None or (res < 0 and res != -EINPROGRESS):
        return 0
    _connected(state.fd)
    if event_param(&state.evt, 1, &p, &n) and valid_tuple(p, n):
        if state.fd.old_style is not None:
            _connected(state.fd.old_style)
            _take_client_tuple(state, state.fd.old_style, p, n, overwrite)
        _take_client_tuple(state, state.fd, p, n, overwrite)
    return 0


cdef int _accept(State state) except -1:
    """accept, accept4 of every version: a new fd, the server's end."""
    cdef const uint8_t* p
    cdef uint32_t n
    cdef int64_t fd = result(state)
    cdef FdInfo info
    cdef int type
    if fd < 0 or state.thread is None:
        return 0
    state.thread.lastevent_fd = fd
    state.fd_num = fd
    if not event_param(&state.evt, 1, &p, &n) or not valid_tuple(p, n):
        return 0
    if p[0] == AF_FAMILY_INET or p[0] == AF_FAMILY_INET6:
        type = FD_IPV4_SOCK
        if p[0] == AF_FAMILY_INET6 and not (is_mapped_ip4(p + 1) and is_mapped_ip4(p + 19)):
            type = FD_IPV6_SOCK
        info = new_fd(type)
        set_tuple(info, type, p, True)
        info.l4proto = L4_TCP
    elif p[0] == AF_FAMILY_UNIX:
        info = new_fd(FD_UNIX_SOCK)
        set_unix(info, p)
    else:
        return 0
    name_from_tuple(info, p, n, state.resolve_ports)
    if state.exit_only and state.evt.type == ACCEPT4_6_X:
        info.open_flags = <uint32_t>param_u64(&state.evt, 5, 0) & O_CLOEXEC
    info.flags = FDF_ROLE_SERVER | FDF_SOCKET_CONNECTED
    add_fd(state, fd, info)
    return 0


cdef bint _take_tuple(State state, FdInfo info, const uint8_t* p, bint overwrite) except -1:
    """The tuple that a datagram came with (libs: sinsp_parser::update_fd); False where it says nothing new."""
    cdef int l4proto
    if p[0] == AF_FAMILY_INET:
        l4proto = info.l4proto
        if info.type == FD_IPV4_SERVSOCK:
            retype(info, FD_IPV4_SOCK)
            info.l4proto = l4proto
        else:
            retype(info, FD_IPV4_SOCK)
        if not set_tuple(info, FD_IPV4_SOCK, p, overwrite):
            return False
    elif p[0] == AF_FAMILY_INET6:
        if is_mapped_ip4(p + 1) and is_mapped_ip4(p + 19):
            retype(info, FD_IPV4_SOCK)
            if not set_tuple(info, FD_IPV4_SOCK, p, overwrite):
                return False
        elif not set_tuple(info, info.type, p, overwrite):
            return False
    elif p[0] == AF_FAMILY_UNIX:
        retype(info, FD_UNIX_SOCK)
        set_unix(info, p)
        return True
    if (info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK) and info.l4proto == L4_UNKNOWN:
        info.l4proto = L4_UDP
    complete_tuple(info, state.interfaces)
    return True


cdef int _io(State state) except -1:
    """Every way to read and write: the socket is connected, and datagrams say with whom."""
    cdef FdInfo info = state.fd
    cdef const uint8_t* p
    cdef uint32_t n
    cdef int8_t at
    cdef Event* said = &state.evt
    if info is None or result(state) < 0:
        return 0
    if info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK:
        _connected(info)
    at = TUPLE_AT[state.exit_only][state.evt.type]
    if at == 0 or (info.name and info.type == FD_IPV4_SOCK and info.l4proto == L4_TCP):
        return 0
    if not state.exit_only and (state.evt.type == SENDTO_X or state.evt.type == SENDMSG_X):
        said = enter_event(state)
        if said == NULL:
            return 0
    if not event_param(said, at, &p, &n) or not valid_tuple(p, n):
        return 0
    if state.producer == PRODUCER_OLD:
        if info.old_style is None and not info.old_style_missed:
            info.old_style = info.copy()
        if info.old_style is not None:
            _take_datagram(state, info.old_style, p, n, False)
    return _take_datagram(state, info, p, n, True)


cdef int _take_datagram(State state, FdInfo info, const uint8_t* p, uint32_t n, bint overwrite) except -1:
    """What a datagram tells about the ends of its socket. Without `overwrite` a known destination stays, as in sysdig 0.29.3."""
    cdef bint incoming
    if not _take_tuple(state, info, p, overwrite):
        return 0
    if info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK:
        incoming = EVENTS[state.evt.type].flags & EF_READS_FROM_FD != 0
        if not info.flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER):
            guess_role(info, state.thread.fds(), incoming)
        if info.flags & (FDF_ROLE_CLIENT if incoming else FDF_ROLE_SERVER):
            swap_ends(info)
        name_socket(info, state.resolve_ports)
    else:
        name_from_tuple(info, p, n, state.resolve_ports)
    return 0


cdef int _infer_socket(State state, uint32_t at) except -1:
    """A send on an fd that nobody saw made: take it for a datagram socket (libs: infer_sendto_fdinfo)."""
    cdef const uint8_t* p
    cdef uint32_t n
    cdef int64_t fd = state.thread.lastevent_fd
    if fd >= 0 and event_param(&state.evt, at, &p, &n) and n and (p[0] == AF_FAMILY_INET or p[0] == AF_FAMILY_INET6):
        _add_socket(state, fd, p[0], SOCK_DGRAM, PROTO_UDP, 0)
    return 0


cdef int _sendto_enter(State state) except -1:
    if state.fd is None and state.thread is not None:
        _infer_socket(state, 2)
    return 0


cdef int _send(State state) except -1:
    if state.exit_only and state.fd is None and state.thread is not None:
        _infer_socket(state, 4)
    return _io(state)


cdef void _set_up() except *:
    cdef dict with_tuple = {"RECVFROM_X": (2, 2), "RECVMSG_X": (3, 3), "RECVMMSG_X": (4, 4), "RECV_X": (0, 4), "SEND_X": (0, 4),
                            "SENDTO_X": (2, 4), "SENDMSG_X": (2, 4), "SENDMMSG_X": (4, 4)}
    for name, (with_enter, alone) in with_tuple.items():
        TUPLE_AT[0][<int>EVENT_IDS[name]] = with_enter
        TUPLE_AT[1][<int>EVENT_IDS[name]] = alone
    cdef tuple of_files = ("READ_X", "WRITE_X", "READV_X", "WRITEV_X", "PREAD_X", "PWRITE_X", "PREADV_X", "PWRITEV_X")
    for name in of_files:
        only_on_sockets(EVENT_IDS[name])
    on(_io, (*of_files, "RECV_X", "RECVFROM_X", "RECVMSG_X", "RECVMMSG_X", "SENDMMSG_X"))
    on(_send, ("SEND_X", "SENDTO_X", "SENDMSG_X"))
    on(_sendto_enter, ("SENDTO_E",))
    keep_enter(EVENT_IDS["SOCKET_E"])
    on(_socket, ("SOCKET_X",))
    on(_socketpair, ("SOCKETPAIR_X",))
    on(_bind, ("BIND_X",))
    on(_connect_enter, ("CONNECT_E",))
    on(_connect, ("CONNECT_X",))
    on(_accept, ("ACCEPT_X", "ACCEPT_5_X", "ACCEPT4_X", "ACCEPT4_5_X", "ACCEPT4_6_X"))


_set_up()
