"""Names of hosts that filters asked about: fd.cip.name and its kin.

A capture has no names. A filter's constant is looked up once, its addresses are compared with those of the connection, and
from then on the fields show the name for these addresses (libs: userspace/libsinsp/dns_manager.cpp and
sinsp_filtercheck_fd.cpp, compare_domain).
"""

from libc.stdint cimport uint32_t
from libc.string cimport memcmp

from csyspy.engine.program cimport Node
from csyspy.engine.state cimport State
from csyspy.engine.value cimport VK_IP, Extractor

cdef dict _NAMES = {}     # address (4 or 16 bytes) -> name


def remember_host(bytes name not None, addresses: list[bytes]) -> None:
    """Show `name` for these addresses (4 or 16 bytes each); the first name of an address stays."""
    for address in addresses:
        _NAMES.setdefault(address, name)


cdef bytes host_name(const Value* ip):
    return _NAMES.get(ip.s[:ip.n]) if _NAMES and ip.kind == VK_IP else None


cdef class HostCheck(Node):
    """One end of a connection is one of the addresses; with `other`, it is none of them.

    `field` gives the address of that end; an event without one passes neither way.
    """

    cdef Extractor field
    cdef list addresses
    cdef bint other

    def __init__(self, Extractor field not None, addresses: list[bytes], bint other):
        self.field = field
        self.addresses = addresses
        self.other = other
        self.needs = field.needs

    def add(self, bytes name not None, addresses: list[bytes]) -> None:
        """One more host, known by its addresses (4 or 16 bytes each)."""
        remember_host(name, addresses)
        self.addresses = [*self.addresses, *addresses]

    cdef int test(self, State state) except -1:
        cdef Value ip
        cdef bytes address
        if not self.field.get(state, &ip) or ip.kind != VK_IP:
            return 0
        for address in self.addresses:
            if <uint32_t>len(address) == ip.n and memcmp(<const char*>address, ip.s, ip.n) == 0:
                return not self.other
        return self.other
