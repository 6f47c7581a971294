"""Field values as text and as JSON."""

from libc.stddef cimport size_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.value cimport Value

cdef int add_value(Buffer out, const Value* v, int type, int fmt, int buffer_format) except -1
cdef int add_json_value(Buffer out, const Value* v, int type, int fmt, int buffer_format) except -1
cdef int add_json_string(Buffer out, const char* text, size_t n) except -1
