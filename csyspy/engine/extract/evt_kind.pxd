"""What an event is."""

from libc.stdint cimport uint32_t, uint64_t

from csyspy.engine.event cimport Event
from csyspy.engine.value cimport Value

cdef const char* event_name(Event* e, int producer) noexcept
cdef int give_param_text(Event* e, uint32_t index, Value* out) noexcept
