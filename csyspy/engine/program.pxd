"""Compiled filters: a tree of nodes over extractors."""

from csyspy.engine.state cimport State


cdef class Node:
    cdef public unsigned int needs    # Need bits of everything below
    cdef int test(self, State state) except -1    # 1 the current event passes, 0 it does not
