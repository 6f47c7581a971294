"""What stands between the walk and several sinks: counting, limits, and the event counts of -S."""

from libc.stdint cimport uint64_t

from csyspy.engine.program cimport Node
from csyspy.engine.state cimport Sink, State


cdef class Gate(Sink):
    cdef list _sinks                      # of Sink, those that still want events
    cdef readonly uint64_t count          # events that passed, hidden ones included
    cdef readonly uint64_t limit          # stop after so many; 0 for no limit
    cdef readonly uint64_t duration_ns    # stop so long after the first event; 0 for no limit
    cdef uint64_t _start_ns
    cdef list _clocked                    # sinks whose clock runs on all events, those that do not pass included
    cdef Node _passing                    # the filter, where there are such sinks


cdef class Tally(Sink):
    cdef uint64_t* _by_type               # calls by event id
    cdef dict _generic                    # (syscall code, is exit) -> calls, of events without a type of their own
