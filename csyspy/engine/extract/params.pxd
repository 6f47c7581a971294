"""Where a parameter of a given name stands in each event."""

from libc.stdint cimport int8_t

cdef int8_t* param_indexes(bytes name) except NULL    # by event type; -1 where an event has no parameter of that name
