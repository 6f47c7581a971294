"""Lines of output."""

from libc.stdint cimport uint32_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.state cimport State

cdef enum JsonForm:
    JF_BY_TYPE = 0
    JF_TIMESTAMP = 1     # the time of the event in ns, whatever the field shows
    JF_NUMBER = 2        # a number even where text pads it


cdef struct Segment:
    const char* text     # of a literal, else NULL
    uint32_t n
    uint32_t width       # columns, 0 for as wide as it is
    int json_form        # JsonForm
    void* field          # Extractor


cdef class Formatter:
    cdef Segment* segments
    cdef uint32_t count
    cdef list kept                    # owns what the segments point to
    cdef readonly bint complete
    cdef readonly bint json
    cdef readonly uint32_t needs      # Need bits of its fields

    cdef int _keep_text(self, Segment* segment, bytes text) except -1
    cdef int _keep_key(self, Segment* segment, str name) except -1
    cdef int _add_text(self, State state, Buffer out) except -1
    cdef int _add_json(self, State state, Buffer out) except -1
    cdef int add_line(self, State state, Buffer out) except -1    # 1: a line without its end was added; 0: the event has none
