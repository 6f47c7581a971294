"""Names of numbers: errors, signals, flags, users, groups."""

from libc.stdint cimport int64_t, uint32_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.shown cimport Shown
from csyspy.engine.state cimport State

cdef const char* errno_name(int64_t code) noexcept        # of a negative return value; NULL where it has none
cdef const char* signal_name(uint32_t number) noexcept    # NULL where it has none
cdef int add_flag_names(Buffer out, const Shown* shown, uint32_t value, bint exact, bint old_order) except -1
cdef int add_flags(Buffer out, const Shown* shown, uint32_t value, bint exact, int producer, bint brief) except -1
cdef bytes user_name(State state, uint32_t uid, int producer)      # None where nobody knows it
cdef bytes group_name(State state, uint32_t gid, int producer)
