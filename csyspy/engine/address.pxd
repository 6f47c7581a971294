"""Text of addresses, ports and socket tuples, and what the interface list says about addresses."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    IP_ROOM = 46          # bytes that hold any address as text, NUL included
    PORT_ROOM = 36        # a number or a service name
    TUPLE_ROOM = 176      # two addresses with ports, the arrow and a NUL

cdef size_t write_ip4(char* out, const uint8_t* ip) noexcept nogil
cdef size_t write_ip6(char* out, const uint8_t* ip) noexcept nogil
cdef size_t write_uint(char* out, uint32_t number) noexcept nogil

cdef bytes service_name(uint16_t port, int l4proto)      # None where /etc/services names none
cdef bytes port_text(uint16_t port, int l4proto, bint resolve)
cdef bytes endpoint_text(const uint8_t* ip, bint v6, uint16_t port, int l4proto, bint resolve)
cdef bytes tuple_text(const uint8_t* sip, const uint8_t* dip, bint v6, uint16_t sport, uint16_t dport, int l4proto, bint resolve)

cdef bint is_mapped_ip4(const uint8_t* ip6) noexcept nogil
cdef bint is_zero_ip(const uint8_t* ip, bint v6) noexcept nogil
cdef bint infer_local_ip(list interfaces, const uint8_t* remote, bint v6, uint8_t* out) except -1
cdef bint is_local_ip(list interfaces, const uint8_t* ip, bint v6) except -1
