"""Socket addresses and tuples of event parameters as text.

A parameter begins with its address family; addresses are as on the wire, ports in the order of the machine.
libs: userspace/libsinsp/event.cpp, get_param_as_str, PT_SOCKADDR and PT_SOCKTUPLE.
"""

from libc.stdint cimport uint16_t, uint64_t
from libc.string cimport memcpy

from csyspy.engine.address cimport IP_ROOM, is_mapped_ip4, port_text, write_ip4, write_ip6
from csyspy.engine.fds cimport L4_UNKNOWN
from csyspy.engine.text cimport add_bytes, add_hex, add_i64, add_printable, add_text, add_u64, reserve

cdef enum:               # libs: driver/ppm_events_public.h, PPM_AF_*
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10


cdef int _add_endpoint(Buffer out, State state, const uint8_t* ip, bint v6, const uint8_t* port) except -1:
    cdef uint16_t number
    memcpy(&number, port, 2)
    reserve(out, IP_ROOM)
    if v6:
        out.size += write_ip6(out.data + out.size, ip)
    else:
        out.size += write_ip4(out.data + out.size, ip)
    out.add_char(c":")
    if state.resolve_ports:
        return add_bytes(out, port_text(number, state.fd.shown_l4proto() if state.fd is not None else L4_UNKNOWN, True))
    return add_u64(out, number)


cdef int _add_path(Buffer out, const uint8_t* p, uint32_t n) except -1:
    cdef uint32_t size = 0
    while size < n and p[size]:
        size += 1
    return add_printable(out, <const char*>p, size)


cdef int _add_family(Buffer out, uint8_t family) except -1:
    add_text(out, b"family ")
    return add_i64(out, family)


cdef int add_sockaddr(Buffer out, State state, const uint8_t* p, uint32_t n) except -1:
    """`p[:n]`, n > 0, as a path, `address:port`, or `family N`."""
    if p[0] == AF_UNIX:
        return _add_path(out, p + 1, n - 1)
    if p[0] == AF_INET:
        return _add_endpoint(out, state, p + 1, False, p + 5) if n == 7 else add_text(out, b"INVALID IPv4")
    if p[0] == AF_INET6:
        return _add_endpoint(out, state, p + 1, True, p + 17) if n == 19 else add_text(out, b"INVALID IPv6")
    return _add_family(out, p[0])


cdef int add_socktuple(Buffer out, State state, const uint8_t* p, uint32_t n) except -1:
    """`p[:n]`, n > 0, as `source->destination`; a pair of IPv6 addresses that stand for IPv4 ones is shown as IPv4."""
    cdef uint64_t end
    cdef bint v6 = True
    cdef uint32_t skip = 0
    if p[0] == AF_INET:
        if n != 13:
            return add_text(out, b"INVALID IPv4")
        _add_endpoint(out, state, p + 1, False, p + 5)
        out.add(b"->", 2)
        return _add_endpoint(out, state, p + 7, False, p + 11)
    if p[0] == AF_INET6:
        if n != 37:
            return add_text(out, b"INVALID IPv6")
        if is_mapped_ip4(p + 1) and is_mapped_ip4(p + 19):
            v6 = False
            skip = 12
        _add_endpoint(out, state, p + 1 + skip, v6, p + 17)
        out.add(b"->", 2)
        return _add_endpoint(out, state, p + 19 + skip, v6, p + 35)
    if p[0] == AF_UNIX:
        if n < 17:
            return add_text(out, b"INVALID unix")
        memcpy(&end, p + 1, 8)
        add_hex(out, end, False)
        out.add(b"->", 2)
        memcpy(&end, p + 9, 8)
        add_hex(out, end, False)
        out.add_char(c" ")
        return _add_path(out, p + 17, n - 17)
    return _add_family(out, p[0])
