"""Binary parameters as text."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from csyspy.engine.buffer cimport Buffer

cdef int add_binary(Buffer out, const uint8_t* p, uint32_t n, int buffer_format) except -1
cdef int add_base64(Buffer out, const uint8_t* p, uint32_t n) except -1
