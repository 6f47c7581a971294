"""Socket addresses and tuples of event parameters as text."""

from libc.stdint cimport uint8_t, uint32_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.state cimport State

cdef int add_sockaddr(Buffer out, State state, const uint8_t* p, uint32_t n) except -1
cdef int add_socktuple(Buffer out, State state, const uint8_t* p, uint32_t n) except -1
