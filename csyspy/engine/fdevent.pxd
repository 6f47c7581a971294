"""The fd that fields show for the current event."""

from csyspy.engine.fds cimport FdInfo
from csyspy.engine.state cimport State

cdef bint works_on_fd(State state) noexcept     # the event makes, uses or closes an fd
cdef FdInfo event_fd(State state)               # None where it does not, or where the fd is unknown
cdef bytes name_from_event(State state, bint raw)   # of an fd that is not known, as the event tells it; None where there is no name
