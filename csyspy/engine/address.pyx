"""Text of addresses, ports and socket tuples, and what the interface list says about addresses.

Addresses are bytes in network order, ports are in host order. libs: userspace/libsinsp/utils.cpp (tuples as
text), userspace/libsinsp/ifinfo.cpp (guesses from the interface list).
"""

from libc.string cimport memcmp, memcpy, memset

from csyspy.engine.fds cimport L4_TCP, L4_UDP

cdef extern from "<arpa/inet.h>" nogil:
    const char* inet_ntop(int family, const void* src, char* dst, unsigned int size)

cdef extern from "<sys/socket.h>" nogil:
    int AF_INET6

cdef dict _SERVICES = {}            # (port, protocol) -> bytes or None


cdef size_t write_uint(char* out, uint32_t number) noexcept nogil:
    """Decimal text of `number` at `out` (10 bytes at most); gives its length."""
    cdef char reverse[10]
    cdef size_t n = 0
    cdef size_t i
    while True:
        reverse[n] = <char>(48 + number % 10)
        n += 1
        number //= 10
        if number == 0:
            break
    for i in range(n):
        out[i] = reverse[n - 1 - i]
    return n


cdef size_t write_ip4(char* out, const uint8_t* ip) noexcept nogil:
    """Dotted text of an IPv4 address at `out` (15 bytes at most); gives its length."""
    cdef size_t n = 0
    cdef int i
    for i in range(4):
        if i:
            out[n] = b"."
            n += 1
        n += write_uint(out + n, ip[i])
    return n


cdef size_t write_ip6(char* out, const uint8_t* ip) noexcept nogil:
    """Shortest text of an IPv6 address at `out` (room of IP_ROOM bytes); gives its length."""
    cdef size_t n = 0
    if inet_ntop(AF_INET6, ip, out, IP_ROOM) == NULL:
        return 0
    while out[n]:
        n += 1
    return n


cdef bytes service_name(uint16_t port, int l4proto):
    """Name of a port as the machine's services list has it; None where it has none. Each port is asked once."""
    cdef str protocol = "tcp" if l4proto == L4_TCP else "udp" if l4proto == L4_UDP else ""
    key = (port, protocol)
    try:
        return _SERVICES[key]
    except KeyError:
        pass
    cdef bytes name = None
    try:
        import socket    # 5 ms of start-up that only port names need

        name = (socket.getservbyport(port, protocol) if protocol else socket.getservbyport(port)).encode()
    except OSError:
        pass
    _SERVICES[key] = name
    return name


cdef bytes port_text(uint16_t port, int l4proto, bint resolve):
    """A port as text: its service name where `resolve` is on and one is known, else the number."""
    cdef bytes name
    if resolve:
        name = service_name(port, l4proto)
        if name is not None:
            return name
    return b"%d" % port


cdef size_t _write_endpoint(char* out, const uint8_t* ip, bint v6, uint16_t port, int l4proto, bint resolve) except? 0:
    cdef size_t n = write_ip6(out, ip) if v6 else write_ip4(out, ip)
    cdef bytes text
    out[n] = b":"
    n += 1
    if not resolve:
        return n + write_uint(out + n, port)
    text = port_text(port, l4proto, resolve)[:PORT_ROOM]
    memcpy(out + n, <const char*>text, len(text))
    return n + <size_t>len(text)


cdef bytes endpoint_text(const uint8_t* ip, bint v6, uint16_t port, int l4proto, bint resolve):
    """`address:port`."""
    cdef char text[TUPLE_ROOM]
    cdef size_t n = _write_endpoint(text, ip, v6, port, l4proto, resolve)
    return text[:n]


cdef bytes tuple_text(const uint8_t* sip, const uint8_t* dip, bint v6, uint16_t sport, uint16_t dport, int l4proto, bint resolve):
    """`source:port->destination:port`."""
    cdef char text[TUPLE_ROOM]
    cdef size_t n = _write_endpoint(text, sip, v6, sport, l4proto, resolve)
    text[n] = b"-"
    text[n + 1] = b">"
    n += 2
    n += _write_endpoint(text + n, dip, v6, dport, l4proto, resolve)
    return text[:n]


cdef bint is_mapped_ip4(const uint8_t* ip6) noexcept nogil:
    """An IPv6 address that stands for an IPv4 one (`::ffff:a.b.c.d`); the empty address counts as one.

    libs: sinsp_utils::is_ipv4_mapped_ipv6
    """
    if not _zeros(ip6, 10):
        return False
    if ip6[10] == 0xFF and ip6[11] == 0xFF:
        return True
    return is_zero_ip(ip6, True)


cdef bint is_zero_ip(const uint8_t* ip, bint v6) noexcept nogil:
    """No address at all: 0.0.0.0 or ::."""
    return _zeros(ip, 16 if v6 else 4)


cdef bint _zeros(const uint8_t* p, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        if p[i]:
            return False
    return True


cdef bint _is_loopback(const uint8_t* ip, bint v6) noexcept:
    """127.0.0.1 or ::1."""
    if v6:
        return _zeros(ip, 15) and ip[15] == 1
    return ip[0] == 127 and _zeros(ip + 1, 2) and ip[3] == 1


cdef bint _same_net4(const uint8_t* a, const uint8_t* b, const uint8_t* mask) noexcept:
    cdef int i
    for i in range(4):
        if (a[i] & mask[i]) != (b[i] & mask[i]):
            return False
    return True


cdef list _of_family(list interfaces, bint v6):
    """Addresses (and masks) of the interfaces of one family, in the order of the file."""
    cdef Py_ssize_t width = 16 if v6 else 4
    return [(each["addr"], each["netmask"]) for each in interfaces if len(each["addr"]) == width]


cdef bint infer_local_ip(list interfaces, const uint8_t* remote, bint v6, uint8_t* out) except -1:
    """The local address a connection with `remote` would come from, into `out` (zeros where nothing fits).

    libs: sinsp_network_interfaces::infer_ipv4_address, infer_ipv6_address: the same address, one of the same
    network, then the first that is not the loopback.
    """
    cdef bytes address, mask
    cdef const uint8_t* ip
    cdef list known = _of_family(interfaces, v6)
    cdef int width = 16 if v6 else 4
    for address, mask in known:
        ip = address
        if memcmp(ip, remote, width) == 0:
            memcpy(out, ip, width)
            return True
    for address, mask in known:
        ip = address
        if (memcmp(ip, remote, 8) == 0) if v6 else (len(mask) == 4 and _same_net4(ip, remote, mask)):
            memcpy(out, ip, width)
            return True
    for address, mask in known:
        ip = address
        if not _is_loopback(ip, v6):
            memcpy(out, ip, width)
            return True
    memset(out, 0, width)
    return False


cdef bint is_local_ip(list interfaces, const uint8_t* ip, bint v6) except -1:
    """An interface has this address (IPv6: the same first 64 bits).

    libs: sinsp_network_interfaces::is_ipv4addr_in_local_machine, is_ipv6addr_in_local_machine
    """
    cdef bytes address, mask
    cdef int width = 8 if v6 else 4
    cdef const uint8_t* own
    for address, mask in _of_family(interfaces, v6):
        own = address
        if memcmp(own, ip, width) == 0:
            return True
    return False
