"""IP connections that carried bytes within the interval, by thread."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

import socket

from csyspy.capture.live.tasks cimport TaskTable, Thread, values_of

cdef enum:
    INET = 2
    CONNECTED = 1
    ACCEPTED = 2

# bpf/sockets.c has the same layouts.
cdef struct SocketKey:
    uint64_t socket
    uint32_t tid
    uint16_t local_port
    uint16_t remote_port
    uint64_t peer

cdef struct SocketRow:
    uint64_t in_bytes
    uint64_t out_bytes
    uint64_t read_bytes
    uint64_t written_bytes
    uint64_t calls
    uint32_t pid
    uint16_t family
    uint8_t protocol
    uint8_t role
    uint32_t srtt_us
    uint8_t local[16]
    uint8_t remote[16]

cdef bytes MAPPED = bytes(10) + b"\xff\xff"
# libs: sinsp_filtercheck_fd.cpp, l4proto
cdef dict PROTOCOLS = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmp", 255: "raw"}
NS_OF_SRTT = 1000 // 8
"""The kernel keeps eight times the smoothed round trip time, in microseconds."""
KEEP_CONNECTIONS = 65536


cdef class Connection:
    """The two ends of a connection, as the fields of a descriptor show them."""

    cdef readonly str name, protocol, local, remote, type
    cdef readonly object local_port, remote_port
    cdef readonly bint is_server    # this side is

    def value(self, str field):
        """The value of a field of class fd. Raises KeyError."""
        if field == "fd.name":
            return self.name
        if field == "fd.l4proto":
            return self.protocol
        if field == "fd.lip":
            return self.local
        if field == "fd.rip":
            return self.remote
        if field == "fd.lport":
            return self.local_port
        if field == "fd.rport":
            return self.remote_port
        if field == "fd.sip":
            return self.local if self.is_server else self.remote
        if field == "fd.cip":
            return self.remote if self.is_server else self.local
        if field == "fd.sport":
            return self.local_port if self.is_server else self.remote_port
        if field == "fd.cport":
            return self.remote_port if self.is_server else self.local_port
        if field == "fd.type":
            return self.type
        if field == "fd.role":
            return "server" if self.is_server else "client"
        if field == "fd.state":    # bytes went through it
            return "EST" if self.protocol == "tcp" else ""
        raise KeyError(field)


cdef class ConnectionTable:
    """Rows are (thread, connection); `listens(protocol, port)` tells whether this machine serves a port, asked once per connection
    whose beginning was not seen."""

    cdef TaskTable tasks
    cdef object listens
    cdef dict known
    cdef list owners
    cdef list connections
    cdef list in_bytes
    cdef list out_bytes
    cdef list calls
    cdef list round_trips_ns      # None: not measured

    def __init__(self, TaskTable tasks not None, listens):
        self.tasks, self.listens, self.known = tasks, listens, {}
        self.owners, self.connections, self.in_bytes, self.out_bytes, self.calls = [], [], [], [], []
        self.round_trips_ns = []

    def __len__(self):
        return len(self.owners)

    def update(self, const unsigned char[::1] keys, const unsigned char[::1] values, size_t count):
        """Take the entries of the kernel's map. After the update of the tasks, whose network bytes they are added to."""
        cdef size_t i
        cdef const SocketKey* key
        cdef const SocketRow* row
        cdef Thread owner
        self.owners, self.connections, self.in_bytes, self.out_bytes, self.calls = [], [], [], [], []
        self.round_trips_ns = []
        if len(self.known) > KEEP_CONNECTIONS:
            self.known = {}
        for i in range(count):
            key = <const SocketKey*>&keys[i * sizeof(SocketKey)]
            row = <const SocketRow*>&values[i * sizeof(SocketRow)]
            owner = self.tasks.owner(key.tid)
            if self.tasks.is_own(owner):
                continue
            if owner is not None:
                owner.net_in_bytes += row.in_bytes
                owner.net_out_bytes += row.out_bytes
                owner.socket_read_bytes += row.read_bytes
                owner.socket_written_bytes += row.written_bytes
            self.owners.append(owner)
            self.connections.append(self.connection(key, row))
            self.in_bytes.append(<double>row.in_bytes)
            self.out_bytes.append(<double>row.out_bytes)
            self.calls.append(row.calls)
            self.round_trips_ns.append(row.srtt_us * NS_OF_SRTT if row.srtt_us else None)

    cdef Connection connection(self, const SocketKey* key, const SocketRow* row):
        cdef object ends = ((<const char*>row.local)[:32], key.local_port, key.remote_port, row.protocol, row.role, row.family)
        cdef Connection found = self.known.get(ends)
        if found is None:
            found = self.known[ends] = self.describe(key, row)
        return found

    cdef Connection describe(self, const SocketKey* key, const SocketRow* row):
        cdef Connection made = Connection.__new__(Connection)
        # an address of the other family in this one's clothes counts as what it is (libs: parsers.cpp, is_ipv4_mapped_ipv6)
        cdef bint is_four = row.family == INET
        cdef bint is_mapped = not is_four and memcmp(row.remote, <const char*>MAPPED, 12) == 0
        cdef int begin = 12 if is_mapped else 0
        cdef int end = 4 if is_four else 16
        family = socket.AF_INET if is_four or is_mapped else socket.AF_INET6
        made.local = socket.inet_ntop(family, (<const char*>row.local)[begin:end])
        made.remote = socket.inet_ntop(family, (<const char*>row.remote)[begin:end])
        made.type = "ipv4" if is_four or is_mapped else "ipv6"
        made.protocol = PROTOCOLS.get(row.protocol, "<NA>")
        made.local_port = key.local_port
        made.remote_port = socket.ntohs(key.remote_port)
        if row.role == 0:
            made.is_server = bool(self.listens(made.protocol, made.local_port))
        else:
            made.is_server = row.role == ACCEPTED
        here, there = f"{made.local}:{made.local_port}", f"{made.remote}:{made.remote_port}"
        made.name = f"{there}->{here}" if made.is_server else f"{here}->{there}"
        return made

    def column(self, str field):
        """The field's value of every row. Raises KeyError where no field of that name is known here."""
        cdef Connection connection
        if field == "evt.buflen.net.in" or field == "evt.buflen.in":
            return self.in_bytes
        if field == "evt.buflen.net.out" or field == "evt.buflen.out":
            return self.out_bytes
        if field in ("evt.rawarg.res", "evt.buflen.net", "evt.buflen"):
            return [(<double>a) + (<double>b) for a, b in zip(self.in_bytes, self.out_bytes)]
        if field == "evt.count":    # the beginning of a call and its end count as one each
            return [2 * calls for calls in self.calls]
        if field == "fd.rtt":
            return self.round_trips_ns
        if field == "fd.containername":
            ids = values_of(self.tasks, self.owners, "container.id")
            return [None if id_ is None else f"{'' if id_ == 'host' else id_}:{name}" for id_, name in zip(ids, self.column("fd.name"))]
        if field.startswith("fd."):
            return [connection.value(field) for connection in self.connections]
        return values_of(self.tasks, self.owners, field)
