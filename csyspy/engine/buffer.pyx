"""A byte buffer that grows, for output that is built piece by piece."""

from libc.stdlib cimport free, realloc


cdef class Buffer:
    """Bytes [0, size) are the content; `size` may be set back to drop the tail."""

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.size

    def __bytes__(self):
        return self.data[:self.size]

    cdef int grow(self, size_t more) except -1:
        """Make room for `more` bytes behind the content. Raises MemoryError."""
        cdef size_t room = self.room or 4096
        cdef char* data
        while room - self.size < more:
            room *= 2
        data = <char*>realloc(self.data, room)
        if data == NULL:
            raise MemoryError
        self.data = data
        self.room = room
        return 0
