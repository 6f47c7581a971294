"""Events as lines on a file descriptor."""

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.format cimport Formatter
from csyspy.engine.state cimport Sink, State


cdef class TextSink(Sink):
    cdef readonly Formatter formatter
    cdef Buffer out
    cdef int fd
    cdef bint unbuffered
    cdef readonly unsigned long long lines

    cpdef int flush(self) except -1
