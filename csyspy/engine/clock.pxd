"""Times as text."""

from libc.stdint cimport uint64_t

from csyspy.engine.buffer cimport Buffer

cdef enum:
    NS_PER_S = 1000000000

cdef int add_clock(Buffer out, uint64_t ts, bint date, bint fraction) except -1
cdef int add_iso8601(Buffer out, uint64_t ts) except -1
cdef int add_seconds(Buffer out, uint64_t ns) except -1
cdef int add_human(Buffer out, uint64_t ns) except -1
