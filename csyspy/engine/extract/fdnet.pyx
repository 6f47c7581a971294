"""Fields of an event's socket: addresses, ports, protocols (libs: userspace/libsinsp/sinsp_filtercheck_fd.cpp).

Client is the source of a connection, server its destination; local is the end that an interface of the machine (or the
container's address) has. A connection whose role nobody knows has neither addresses nor ports.
"""


from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp

from csyspy.engine.address cimport is_local_ip, port_text
from csyspy.engine.extract.give cimport give_bytes
from csyspy.engine.fdevent cimport event_fd
from csyspy.engine.fds cimport (
    FD_IPV4_SERVSOCK,
    FD_IPV4_SOCK,
    FD_IPV6_SERVSOCK,
    FD_IPV6_SOCK,
    FDF_ROLE_CLIENT,
    FDF_ROLE_SERVER,
    L4_TCP,
    FdInfo,
)
from csyspy.engine.handlers.fdtable cimport result
from csyspy.engine.hosts cimport host_name
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, State
from csyspy.engine.value cimport VK_IP, VK_LIST, VK_UINT, Extractor, Value, give_bool, give_uint, register

from csyspy.events import EVENT_IDS

cdef enum:
    EINPROGRESS = 115

cdef bytes CLIENT = b"client", SERVER = b"server", EST = b"EST", SYN = b"SYN", CLOSED = b"CLOSED"
cdef uint16_t CLOSE_E = EVENT_IDS["CLOSE_E"]
cdef uint16_t CLOSE_X = EVENT_IDS["CLOSE_X"]
cdef uint16_t CONNECT_X = EVENT_IDS["CONNECT_X"]
cdef tuple L4_NAMES = (b"<NA>", b"<NA>", b"tcp", b"udp", b"icmp", b"raw")    # by L4Proto


cdef inline bint _has_role(FdInfo info) noexcept:
    return info.flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER) != 0


cdef inline bint _is_connection(FdInfo info) noexcept:
    return info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK


cdef inline bint _is_listener(FdInfo info) noexcept:
    return info.type == FD_IPV4_SERVSOCK or info.type == FD_IPV6_SERVSOCK


cdef int _ip(FdInfo info, const uint8_t* ip, Value* out) noexcept:
    out.kind = VK_IP
    out.s = <const char*>ip
    out.n = 16 if info.is_ipv6() else 4
    return 1


cdef bint _is_here(State state, FdInfo info, const uint8_t* ip) except -1:
    """This machine has the address, or the container that the process is in.

    A container without an address of its own (network of the host or of another container) is compared with all others;
    the newest libs then leave the interfaces aside, libs 0.20 takes the missing address for 0.0.0.0.
    libs: is_ipv4addr_in_local_machine, is_ipv6addr_in_local_machine
    """
    cdef bytes own, other
    if state.thread.container_id:
        if info.is_ipv6():
            return False
        known = state.containers.get(state.thread.container_id)
        if known is not None or state.exit_only:
            own = _container_ip(known)
            if own is not None:
                if memcmp(<const char*>own, ip, 4) == 0:
                    return True
            else:
                for known in state.containers.values():
                    other = _container_ip(known)
                    if other is None and not state.exit_only:
                        other = b"\0\0\0\0"
                    if other is not None and memcmp(<const char*>other, ip, 4) == 0:
                        return True
                if state.exit_only:
                    return False
    return is_local_ip(state.interfaces, ip, info.is_ipv6())


cdef bytes _container_ip(object container):
    """The container's IPv4 address as bytes; None where it has none."""
    cdef object text = container.get("ip") if container is not None else None
    if not text or text == "0.0.0.0":
        return None
    try:
        import socket    # 5 ms of start-up that only nets with a mask need

        return socket.inet_aton(text)
    except (OSError, TypeError):
        return None


cdef int _client_ip(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info) or not _is_connection(info):
        return 0
    return _ip(info, info.sip, out)


cdef int _server_ip(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info) or not (_is_connection(info) or _is_listener(info)):
        return 0
    return _ip(info, info.dip, out)


cdef int _end_ip(State state, bint local, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info) or not _is_connection(info):
        return 0
    return _ip(info, <const uint8_t*>info.sip if _is_here(state, info, info.sip) == local else <const uint8_t*>info.dip, out)


cdef int _local_ip(State state, Extractor self, Value* out) except -1:
    return _end_ip(state, True, out)


cdef int _remote_ip(State state, Extractor self, Value* out) except -1:
    return _end_ip(state, False, out)


cdef int _both_ips(State state, Extractor self, Value* out) except -1:
    """Both ends, for fields that filters compare with either."""
    cdef FdInfo info = event_fd(state)
    if info is None or not (_is_connection(info) or _is_listener(info)):
        return 0
    self.reserve(2)
    _ip(info, info.dip, &self.items[0])
    _ip(info, info.sip, &self.items[1])
    out.kind = VK_LIST
    out.items = self.items
    out.n = 2 if _is_connection(info) else 1
    return 1


cdef int _both_ports(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not (_is_connection(info) or _is_listener(info)):
        return 0
    self.reserve(2)
    give_uint(&self.items[0], info.dport)
    give_uint(&self.items[1], info.sport)
    out.kind = VK_LIST
    out.items = self.items
    out.n = 2 if _is_connection(info) else 1
    return 1


cdef int _client_port(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info) or not _is_connection(info):
        return 0
    return give_uint(out, info.sport)


cdef int _server_port(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not (_is_listener(info) or (_is_connection(info) and _has_role(info))):
        return 0
    return give_uint(out, info.dport)


cdef int _end_port(State state, bint local) except -2:
    """Port of one end; -1 where there is none."""
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info) or not _is_connection(info):
        return -1
    return info.sport if _is_here(state, info, info.sip) == local else info.dport


cdef int _local_port(State state, Extractor self, Value* out) except -1:
    cdef int port = _end_port(state, True)
    return give_uint(out, port) if port >= 0 else 0


cdef int _remote_port(State state, Extractor self, Value* out) except -1:
    cdef int port = _end_port(state, False)
    return give_uint(out, port) if port >= 0 else 0


cdef int _proto(State state, Extractor self, Value* out, int port) except -1:
    """A port as its service (with `-R`) or its number."""
    cdef FdInfo info = event_fd(state)
    return self.give(port_text(port, info.shown_l4proto(), state.resolve_ports), out)


cdef int _client_proto(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info):
        return 0
    return _proto(state, self, out, info.sport) if _is_connection(info) else self.give(b"", out)


cdef int _server_proto(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is not None and _is_listener(info):
        return self.give(b"", out)
    if info is None or not _has_role(info) or not _is_connection(info):
        return 0
    return _proto(state, self, out, info.dport)


cdef int _local_proto(State state, Extractor self, Value* out) except -1:
    cdef int port = _end_port(state, True)
    return _proto(state, self, out, port) if port >= 0 else 0


cdef int _remote_proto(State state, Extractor self, Value* out) except -1:
    cdef int port = _end_port(state, False)
    return _proto(state, self, out, port) if port >= 0 else 0


cdef int _l4proto(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    cdef int proto
    if info is None:
        return 0
    proto = info.shown_l4proto()
    return self.give(L4_NAMES[proto] if 0 <= proto < 6 else b"<NA>", out)


cdef int _is_server(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None:
        return 0
    if _is_connection(info):
        return give_bool(out, _is_here(state, info, info.dip))
    return give_bool(out, _is_listener(info))


cdef int _role(State state, Extractor self, Value* out) except -1:
    """What the end is that fd.lip and fd.lport name."""
    cdef FdInfo info = event_fd(state)
    if info is None or not _has_role(info) or not _is_connection(info):
        return 0
    return give_bytes(out, CLIENT if _is_here(state, info, info.sip) else SERVER)


cdef int _round_trip(State state, Extractor self, Value* out) except -1:
    """No event tells it: views have it from the kernel's own tables (bpf/sockets.c)."""
    return 0


cdef int _tcp_state(State state, Extractor self, Value* out) except -1:
    """What the event tells of a TCP connection: one that is used is established."""
    cdef FdInfo info = event_fd(state)
    cdef uint16_t type = state.evt.type
    if info is None or info.l4proto != L4_TCP or not _has_role(info) or not _is_connection(info):
        return 0
    if type == CLOSE_E or type == CLOSE_X:
        return give_bytes(out, CLOSED)
    if type == CONNECT_X and result(state) == -EINPROGRESS:
        return give_bytes(out, SYN)
    return give_bytes(out, EST)


cdef int _client_name(State state, Extractor self, Value* out) except -1:
    """The name under which a filter looked up the address; a capture itself has no names."""
    cdef Value ip
    return self.give(host_name(&ip), out) if _client_ip(state, self, &ip) else 0


cdef int _server_name(State state, Extractor self, Value* out) except -1:
    cdef Value ip
    return self.give(host_name(&ip), out) if _server_ip(state, self, &ip) else 0


cdef int _local_name(State state, Extractor self, Value* out) except -1:
    cdef Value ip
    return self.give(host_name(&ip), out) if _local_ip(state, self, &ip) else 0


cdef int _remote_name(State state, Extractor self, Value* out) except -1:
    cdef Value ip
    return self.give(host_name(&ip), out) if _remote_ip(state, self, &ip) else 0


cdef void _set_up() except *:
    cdef uint32_t needs = NEED_FD | NEED_THREAD
    for name in ("fd.ip", "fd.net"):
        register(name, _both_ips, needs)
    for name in ("fd.port", "fd.proto"):
        register(name, _both_ports, needs)
    for name in ("fd.cip", "fd.cnet"):
        register(name, _client_ip, needs)
    for name in ("fd.sip", "fd.snet"):
        register(name, _server_ip, needs)
    for name in ("fd.lip", "fd.lnet"):
        register(name, _local_ip, needs)
    for name in ("fd.rip", "fd.rnet"):
        register(name, _remote_ip, needs)
    register("fd.cport", _client_port, needs)
    register("fd.sport", _server_port, needs)
    register("fd.lport", _local_port, needs)
    register("fd.rport", _remote_port, needs)
    register("fd.cproto", _client_proto, needs)
    register("fd.sproto", _server_proto, needs)
    register("fd.lproto", _local_proto, needs)
    register("fd.rproto", _remote_proto, needs)
    register("fd.l4proto", _l4proto, needs)
    register("fd.is_server", _is_server, needs)
    register("fd.role", _role, needs)
    register("fd.state", _tcp_state, needs)
    register("fd.rtt", _round_trip, needs)
    register("fd.cip.name", _client_name, needs)
    register("fd.sip.name", _server_name, needs)
    register("fd.lip.name", _local_name, needs)
    register("fd.rip.name", _remote_name, needs)


_set_up()
