"""The addresses of a socket, changed the way libsinsp changes them."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from csyspy.engine.fds cimport FdInfo, FdTable

cdef enum Family:        # PPM_AF_*: first byte of a socket address or tuple parameter
    AF_FAMILY_UNIX = 1
    AF_FAMILY_INET = 2
    AF_FAMILY_INET6 = 10
    AF_FAMILY_NETLINK = 16

cdef bint valid_tuple(const uint8_t* p, uint32_t n) noexcept nogil
cdef bint valid_address(const uint8_t* p, uint32_t n) noexcept nogil
cdef void retype(FdInfo info, int type) noexcept
cdef bint set_tuple(FdInfo info, int type, const uint8_t* p, bint overwrite) noexcept
cdef void set_unix(FdInfo info, const uint8_t* p) noexcept
cdef void name_socket(FdInfo info, bint resolve) except *
cdef void name_from_tuple(FdInfo info, const uint8_t* p, uint32_t n, bint resolve) except *
cdef void guess_role(FdInfo info, FdTable table, bint incoming) except *
cdef bytes address_text(const uint8_t* p, uint32_t n, int l4proto, bint resolve)
cdef bytes socktuple_text(const uint8_t* p, uint32_t n, int l4proto, bint resolve)
