"""Sinks that also want to be told when a period of the events' time is over."""

from libc.stdint cimport int64_t, uint64_t

from csyspy.engine.program cimport Node
from csyspy.engine.state cimport Sink, State


cdef class IntervalSink(Sink):
    cdef public Node inner            # the filter, where a period is watched: events that fail it still move the clock
    cdef readonly uint64_t period_ns  # 0: no periods
    cdef bint precise
    cdef bint started
    cdef object on_period             # callable(ts_ns, delta_ns)
    cdef uint64_t sample              # start of the current period
    cdef uint64_t last_ts             # time of the last call

    cdef int tick(self, State state) except -1

    cdef inline int admit(self, State state) except -1:
        """Let the clock see the event, then the filter: 1 where the event passes."""
        if self.period_ns:
            self.tick(state)
        if self.inner is not None:
            return self.inner.test(state)
        return 1
