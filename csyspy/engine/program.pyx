"""Compiled filters: a tree of nodes over extractors."""


cdef class Node:
    """A condition on the current event."""

    cdef int test(self, State state) except -1:
        return 1
