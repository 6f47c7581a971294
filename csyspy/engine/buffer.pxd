"""A byte buffer that grows, for output that is built piece by piece."""

from libc.stddef cimport size_t
from libc.string cimport memcpy, memmove


cdef class Buffer:
    cdef char* data
    cdef size_t size
    cdef size_t room

    cdef int grow(self, size_t more) except -1

    cdef inline int add(self, const char* text, size_t n) except -1:
        if self.room - self.size < n:
            self.grow(n)
        memcpy(self.data + self.size, text, n)
        self.size += n
        return 0

    cdef inline int add_char(self, char c) except -1:
        if self.room == self.size:
            self.grow(1)
        self.data[self.size] = c
        self.size += 1
        return 0

    cdef inline int drop(self, size_t n) noexcept:
        """Forget the first `n` bytes."""
        if n < self.size:
            memmove(self.data, self.data + n, self.size - n)
        self.size -= n
        return 0
