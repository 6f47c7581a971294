"""Fields of the fds that poll and ppoll wait for: fdlist.* (libs: userspace/libsinsp/sinsp_filtercheck_fdlist.cpp)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from csyspy.engine.address cimport IP_ROOM, write_ip4, write_ip6, write_uint
from csyspy.engine.buffer cimport Buffer
from csyspy.engine.event cimport event_param
from csyspy.engine.fds cimport FD_IPV4_SERVSOCK, FD_IPV4_SOCK, FD_IPV6_SERVSOCK, FD_IPV6_SOCK, FdInfo
from csyspy.engine.handlers.fdtable cimport look_up
from csyspy.engine.state cimport NEED_FD, NEED_NOTHING, NEED_THREAD, State
from csyspy.engine.value cimport Extractor, Value, register

from csyspy.events import EVENT_IDS

cdef enum:
    ENTRY_SIZE = 10        # of the list: fd (8 bytes), event flags (2 bytes), behind a count of 2 bytes

cdef enum Part:
    PART_NUMS = 0
    PART_NAMES = 1
    PART_CLIENT_IPS = 2
    PART_SERVER_IPS = 3
    PART_CLIENT_PORTS = 4
    PART_SERVER_PORTS = 5

cdef uint16_t POLL_E = EVENT_IDS["POLL_E"]
cdef uint16_t POLL_X = EVENT_IDS["POLL_X"]
cdef uint16_t PPOLL_E = EVENT_IDS["PPOLL_E"]
cdef uint16_t PPOLL_X = EVENT_IDS["PPOLL_X"]


cdef bint _add_ip(Buffer text, FdInfo info, const uint8_t* ip) except -1:
    cdef char room[IP_ROOM]
    text.add(room, write_ip6(room, ip) if info.is_ipv6() else write_ip4(room, ip))
    return True


cdef bint _add_port(Buffer text, uint16_t port) except -1:
    cdef char room[10]
    text.add(room, write_uint(room, port))
    return True


cdef bint _add(Buffer text, int part, int64_t fd, FdInfo info) except -1:
    """What one fd adds to the list; False where it adds nothing, not even a comma."""
    cdef bytes name
    cdef bint connection
    if part == PART_NUMS:
        name = b"%d" % fd
        text.add(name, len(name))
        return True
    if part == PART_NAMES:
        name = info.name if info is not None and info.name else b"<NA>"
        text.add(name, len(name))
        return True
    if info is None:
        return False
    connection = info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK
    if part == PART_CLIENT_IPS:
        return connection and _add_ip(text, info, info.sip)
    if part == PART_SERVER_IPS:
        return (connection or info.type == FD_IPV4_SERVSOCK or info.type == FD_IPV6_SERVSOCK) and _add_ip(text, info, info.dip)
    return connection and _add_port(text, info.sport if part == PART_CLIENT_PORTS else info.dport)


cdef int _list(State state, Extractor self, Value* out, int part) except -1:
    cdef const uint8_t* p
    cdef uint32_t n, i, at
    cdef uint16_t count
    cdef int64_t fd
    cdef uint16_t kind = state.evt.type
    cdef Buffer text
    if kind == POLL_X or kind == PPOLL_X:
        at = 1
    elif kind == POLL_E or kind == PPOLL_E:
        at = 0
    else:
        return 0
    if state.thread is None or not event_param(&state.evt, at, &p, &n) or n < 2:
        return 0
    memcpy(&count, p, 2)
    text = self.scratch_text()
    for i in range(min(<uint32_t>count, (n - 2) // ENTRY_SIZE)):
        memcpy(&fd, p + 2 + i * ENTRY_SIZE, 8)
        if _add(text, part, fd, None if part == PART_NUMS else look_up(state, fd)):
            text.add_char(b",")
    if text.size == 0:
        return 0
    text.size -= 1
    return self.give_text(out)


cdef int _nums(State state, Extractor self, Value* out) except -1:
    return _list(state, self, out, PART_NUMS)


cdef int _names(State state, Extractor self, Value* out) except -1:
    return _list(state, self, out, PART_NAMES)


cdef int _client_ips(State state, Extractor self, Value* out) except -1:
    return _list(state, self, out, PART_CLIENT_IPS)


cdef int _server_ips(State state, Extractor self, Value* out) except -1:
    return _list(state, self, out, PART_SERVER_IPS)


cdef int _client_ports(State state, Extractor self, Value* out) except -1:
    return _list(state, self, out, PART_CLIENT_PORTS)


cdef int _server_ports(State state, Extractor self, Value* out) except -1:
    return _list(state, self, out, PART_SERVER_PORTS)


cdef void _set_up() except *:
    cdef uint32_t needs = NEED_FD | NEED_THREAD
    register("fdlist.nums", _nums, NEED_THREAD)
    register("fdlist.names", _names, needs)
    register("fdlist.cips", _client_ips, needs)
    register("fdlist.sips", _server_ips, needs)
    register("fdlist.cports", _client_ports, needs)
    register("fdlist.sports", _server_ports, needs)


_set_up()
