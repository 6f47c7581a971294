"""Events that are no system calls."""

from csyspy.capture.live.event_out cimport Out
from csyspy.capture.live.record cimport Record

cdef bint add_task_event(Out* out, const Record* r) noexcept nogil
