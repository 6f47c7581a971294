"""Compiled filters: a tree of nodes over extractors."""

from libc.stdint cimport uint8_t

from csyspy.engine.event cimport MAX_EVENT_TYPES
from csyspy.engine.state cimport State


cdef class Node:
    cdef public unsigned int needs    # Need bits of everything below
    cdef int test(self, State state) except -1    # 1 the current event passes, 0 it does not
    cdef Node gate(self)    # a condition on the thread alone without which no event passes, remembered (Verdict); None where there is none


cdef class Program(Node):
    """The root of a filter."""
    cdef Node root
    # by event type: 0 no event of that type can pass, so that the walker need not ask; ids past the table count as possible
    cdef uint8_t possible[MAX_EVENT_TYPES]
