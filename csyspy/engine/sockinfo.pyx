"""The addresses of a socket, changed the way libsinsp changes them.

libsinsp keeps them in a union of 37 bytes and reads it by the fd's present type, so that a server socket that starts
to carry datagrams keeps bytes of its old address in places where the new type has another field. What fields show
depends on it, so changes of type go through the same layout here (libs: userspace/libsinsp/tuples.h, and
set_ipv4_addresses_and_ports and its kin in userspace/libsinsp/parsers.cpp).

Socket parameters: an address is family (1 byte), ip, port; a tuple is family, source ip, port, destination ip, port;
of unix sockets family, two kernel pointers and a path. All bounds are checked by valid_tuple() and valid_address().
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from csyspy.engine.address cimport (
    TUPLE_ROOM,
    endpoint_text,
    is_mapped_ip4,
    is_zero_ip,
    tuple_text,
    write_ip4,
    write_ip6,
)
from csyspy.engine.fds cimport (
    FD_IPV4_SERVSOCK,
    FD_IPV4_SOCK,
    FD_IPV6_SERVSOCK,
    FD_IPV6_SOCK,
    FDF_ROLE_CLIENT,
    FDF_ROLE_SERVER,
    L4_ICMP,
    L4_RAW,
    L4_TCP,
    L4_UDP,
)
from csyspy.engine.path cimport printable

cdef enum:
    UNION_SIZE = 40
    UNIX_PATH = 17             # where the path of a unix tuple starts

cdef enum:                     # offsets in the union, by type of socket
    SPORT4 = 8
    DPORT4 = 10
    PROTO4 = 12
    SPORT6 = 32
    DPORT6 = 34
    PROTO6 = 36


cdef bint valid_tuple(const uint8_t* p, uint32_t n) noexcept nogil:
    """A tuple parameter is as long as its family wants (libs: sinsp_utils::is_socktuple_valid)."""
    if n == 0:
        return False
    if p[0] == AF_FAMILY_INET:
        return n >= 13
    if p[0] == AF_FAMILY_INET6:
        return n >= 37
    if p[0] == AF_FAMILY_UNIX:
        return n > UNIX_PATH
    return True


cdef bint valid_address(const uint8_t* p, uint32_t n) noexcept nogil:
    """An address parameter is as long as its family wants (libs: sinsp_utils::is_sockaddr_valid)."""
    if n == 0:
        return False
    if p[0] == AF_FAMILY_INET:
        return n >= 7
    if p[0] == AF_FAMILY_INET6:
        return n >= 19
    return True


cdef void _pack(FdInfo info, uint8_t* u) noexcept:
    """The fd's socket state as the bytes of the union."""
    memcpy(u, info.under, UNION_SIZE)
    if info.type == FD_IPV4_SOCK:
        memcpy(u, info.sip, 4)
        memcpy(u + 4, info.dip, 4)
        memcpy(u + SPORT4, &info.sport, 2)
        memcpy(u + DPORT4, &info.dport, 2)
        u[PROTO4] = info.l4proto
    elif info.type == FD_IPV6_SOCK:
        memcpy(u, info.sip, 16)
        memcpy(u + 16, info.dip, 16)
        memcpy(u + SPORT6, &info.sport, 2)
        memcpy(u + DPORT6, &info.dport, 2)
        u[PROTO6] = info.l4proto
    elif info.type == FD_IPV4_SERVSOCK:
        memcpy(u, info.dip, 4)
        memcpy(u + 4, &info.dport, 2)
        u[6] = info.l4proto
    elif info.type == FD_IPV6_SERVSOCK:
        memcpy(u, info.dip, 16)
        memcpy(u + 16, &info.dport, 2)
        u[18] = info.l4proto
    else:
        memcpy(u, &info.unix_source, 8)
        memcpy(u + 8, &info.unix_dest, 8)


cdef void _unpack(FdInfo info, int type, const uint8_t* u) noexcept:
    """Make the fd one of `type` with the socket state that those bytes mean for it."""
    info.type = type
    memcpy(info.under, u, UNION_SIZE)
    if type == FD_IPV4_SOCK:
        memcpy(info.sip, u, 4)
        memcpy(info.dip, u + 4, 4)
        memcpy(&info.sport, u + SPORT4, 2)
        memcpy(&info.dport, u + DPORT4, 2)
        info.l4proto = u[PROTO4]
    elif type == FD_IPV6_SOCK:
        memcpy(info.sip, u, 16)
        memcpy(info.dip, u + 16, 16)
        memcpy(&info.sport, u + SPORT6, 2)
        memcpy(&info.dport, u + DPORT6, 2)
        info.l4proto = u[PROTO6]
    elif type == FD_IPV4_SERVSOCK:
        memcpy(info.dip, u, 4)
        memcpy(&info.dport, u + 4, 2)
        info.l4proto = u[6]
    elif type == FD_IPV6_SERVSOCK:
        memcpy(info.dip, u, 16)
        memcpy(&info.dport, u + 16, 2)
        info.l4proto = u[18]
    else:
        memcpy(&info.unix_source, u, 8)
        memcpy(&info.unix_dest, u + 8, 8)


cdef void retype(FdInfo info, int type) noexcept:
    """Change the fd's type; what it knows is read anew from where the new type looks."""
    cdef uint8_t u[UNION_SIZE]
    if info.type == type:
        return
    _pack(info, u)
    _unpack(info, type, u)


cdef bint _put(uint8_t* where, const uint8_t* what, size_t n) noexcept nogil:
    """Copy; True where that changed something."""
    if memcmp(where, what, n) == 0:
        return False
    memcpy(where, what, n)
    return True


cdef bint set_tuple(FdInfo info, int type, const uint8_t* p, bint overwrite) noexcept:
    """Take over the addresses of a (valid) IPv4 or IPv6 tuple; True where that changed something.

    `type` is the type the fd has from now on. Without `overwrite` a destination that is known already stays. A tuple that
    is the present one, either way round, changes nothing. With an IPv4 type an IPv6 tuple counts for the IPv4 addresses in it.
    """
    cdef uint8_t u[UNION_SIZE]
    cdef bint v6 = p[0] == AF_FAMILY_INET6
    cdef const uint8_t* sip = p + 1
    cdef const uint8_t* dip = p + 19 if v6 else p + 7
    cdef const uint8_t* sport = p + 17 if v6 else p + 5
    cdef const uint8_t* dport = p + 35 if v6 else p + 11
    cdef uint32_t width, sport_at, dport_at
    cdef bint changed
    if v6 and type == FD_IPV4_SOCK:
        sip += 12
        dip += 12
        v6 = False
    width = 16 if v6 else 4
    sport_at = SPORT6 if v6 else SPORT4
    dport_at = DPORT6 if v6 else DPORT4
    _pack(info, u)
    if type == (FD_IPV6_SOCK if v6 else FD_IPV4_SOCK):
        if (memcmp(u, sip, width) == 0 and memcmp(u + sport_at, sport, 2) == 0
                and memcmp(u + width, dip, width) == 0 and memcmp(u + dport_at, dport, 2) == 0):
            _unpack(info, type, u)
            return False
        if (memcmp(u, dip, width) == 0 and memcmp(u + sport_at, dport, 2) == 0
                and memcmp(u + width, sip, width) == 0 and memcmp(u + dport_at, sport, 2) == 0):
            _unpack(info, type, u)
            return False
    changed = _put(u, sip, width)
    changed |= _put(u + sport_at, sport, 2)
    if is_zero_ip(u + width, v6):
        memcpy(u + width, dip, width)
        changed = True
    elif overwrite:
        changed |= _put(u + width, dip, width)
    if u[dport_at] == 0 and u[dport_at + 1] == 0:
        memcpy(u + dport_at, dport, 2)
        changed = True
    elif overwrite:
        changed |= _put(u + dport_at, dport, 2)
    _unpack(info, type, u)
    return changed


cdef void set_unix(FdInfo info, const uint8_t* p) noexcept:
    """Take over the two kernel pointers of a (valid) unix tuple."""
    memcpy(&info.unix_source, p + 1, 8)
    memcpy(&info.unix_dest, p + 9, 8)


cdef void name_socket(FdInfo info, bint resolve) except *:
    """Name a connection after its addresses (libs: sinsp_utils::sockinfo_to_str)."""
    cdef char text[TUPLE_ROOM]
    cdef size_t n
    cdef bint v6 = info.type == FD_IPV6_SOCK
    if info.type != FD_IPV4_SOCK and not v6:
        return
    info.old_style_name = None
    if info.l4proto == L4_TCP or info.l4proto == L4_UDP:
        if v6 and is_mapped_ip4(info.sip) and is_mapped_ip4(info.dip):  # also where neither end is known yet
            info.name = tuple_text(info.sip + 12, info.dip + 12, False, info.sport, info.dport, info.l4proto, resolve)
        else:
            info.name = tuple_text(info.sip, info.dip, v6, info.sport, info.dport, info.l4proto, resolve)
    elif info.l4proto == L4_ICMP or (info.l4proto == L4_RAW and not v6):
        n = write_ip6(text, info.sip) if v6 else write_ip4(text, info.sip)
        text[n] = b"-"
        text[n + 1] = b">"
        n += 2
        n += write_ip6(text + n, info.dip) if v6 else write_ip4(text + n, info.dip)
        info.name = text[:n]
    else:
        info.name = b"<unknown>"


cdef void name_from_tuple(FdInfo info, const uint8_t* p, uint32_t n, bint resolve) except *:
    """Name a socket after a (valid) tuple parameter, as the parameter itself is printed."""
    cdef bytes text = socktuple_text(p, n, info.shown_l4proto(), resolve)
    info.old_style_name = None
    if text != info.name:
        info.name = text


cdef void guess_role(FdInfo info, FdTable table, bint incoming) except *:
    """Say which end of a connection a process is (libs: sinsp_fdinfo::set_net_role_by_guessing).

    libs looks for the connection's ports among all IPv4 sockets of the process, where it always finds an IPv4
    connection itself; of an IPv6 one it takes bytes of the source address for ports.
    """
    cdef FdInfo other
    cdef uint16_t sport, dport
    cdef bint bound = False
    cdef bint client = False
    if info.type == FD_IPV6_SOCK:
        memcpy(&sport, info.sip + SPORT4, 2)
        memcpy(&dport, info.sip + DPORT4, 2)
        for other in table.items():
            if other.type == FD_IPV4_SOCK:
                bound |= other.dport == dport
                client |= other.sport == sport
            elif other.type == FD_IPV4_SERVSOCK:
                bound |= other.dport == dport
        if bound != client or not bound:
            info.flags |= FDF_ROLE_SERVER if bound else FDF_ROLE_CLIENT
            return
    info.flags |= FDF_ROLE_SERVER if incoming else FDF_ROLE_CLIENT


cdef bytes address_text(const uint8_t* p, uint32_t n, int l4proto, bint resolve):
    """An address parameter as it is printed (libs: event.cpp, PT_SOCKADDR); b"" where it is empty."""
    cdef uint16_t port
    if n == 0:
        return b""
    if p[0] == AF_FAMILY_UNIX:
        return printable(<const char*>p + 1, n - 1)
    if p[0] == AF_FAMILY_INET:
        if n != 7:
            return b"INVALID IPv4"
        memcpy(&port, p + 5, 2)
        return endpoint_text(p + 1, False, port, l4proto, resolve)
    if p[0] == AF_FAMILY_INET6:
        if n != 19:
            return b"INVALID IPv6"
        memcpy(&port, p + 17, 2)
        return endpoint_text(p + 1, True, port, l4proto, resolve)
    return b"family %d" % p[0]


cdef bytes socktuple_text(const uint8_t* p, uint32_t n, int l4proto, bint resolve):
    """A tuple parameter as it is printed (libs: event.cpp, PT_SOCKTUPLE); b"" where it is empty."""
    cdef uint16_t sport, dport
    cdef uint64_t source, dest
    if n == 0:
        return b""
    if p[0] == AF_FAMILY_INET:
        if n != 13:
            return b"INVALID IPv4"
        memcpy(&sport, p + 5, 2)
        memcpy(&dport, p + 11, 2)
        return tuple_text(p + 1, p + 7, False, sport, dport, l4proto, resolve)
    if p[0] == AF_FAMILY_INET6:
        if n != 37:
            return b"INVALID IPv6"
        memcpy(&sport, p + 17, 2)
        memcpy(&dport, p + 35, 2)
        if is_mapped_ip4(p + 1) and is_mapped_ip4(p + 19):
            return tuple_text(p + 13, p + 31, False, sport, dport, l4proto, resolve)
        return tuple_text(p + 1, p + 19, True, sport, dport, l4proto, resolve)
    if p[0] == AF_FAMILY_UNIX:
        if n <= UNIX_PATH:
            return b""
        memcpy(&source, p + 1, 8)
        memcpy(&dest, p + 9, 8)
        return b"%x->%x %s" % (source, dest, printable(<const char*>p + UNIX_PATH, n - UNIX_PATH))
    return b"family %d" % p[0]
