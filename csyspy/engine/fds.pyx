"""File descriptors of a process as libsinsp keeps them."""


cdef class FdInfo:
    cdef FdInfo copy(self):
        return self

    cdef bint is_ipv4(self) noexcept:
        return self.type == FD_IPV4_SOCK or self.type == FD_IPV4_SERVSOCK

    cdef bint is_ipv6(self) noexcept:
        return self.type == FD_IPV6_SOCK or self.type == FD_IPV6_SERVSOCK

    cdef bint is_socket(self) noexcept:
        return self.is_ipv4() or self.is_ipv6() or self.type == FD_UNIX_SOCK

    cdef char typechar(self) noexcept:
        return b"?"


cdef class FdTable:
    cdef FdInfo get(self, int64_t fd):
        return self._far.get(fd)

    cdef FdInfo put(self, int64_t fd, FdInfo info):
        self._far[fd] = info
        return info

    cdef bint remove(self, int64_t fd):
        return self._far.pop(fd, None) is not None

    cdef FdTable copy(self):
        return self

    cpdef list items(self):
        return []
