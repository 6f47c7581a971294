"""Event parameters as text."""

from libc.stdint cimport int64_t, uint32_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.shown cimport Shown
from csyspy.engine.state cimport State

cdef int add_args(Buffer out, State state, int producer, uint32_t cut) except -1
# all parameters of the current event: `name=value(resolved)`, separated by blanks

cdef int add_param(Buffer out, State state, const Shown* shown, uint32_t index, int producer, uint32_t cut, bint brief) except -1
# one of them without its name; `brief`: the resolved form alone, where there is one

cdef int add_number(Buffer out, int64_t value, uint32_t width, int fmt) except -1
