"""What an event does to the state: one table from event id to handler, and the bookkeeping round it."""

from libc.stdint cimport uint16_t, uint32_t

from csyspy.engine.state cimport State

ctypedef int (*Handler)(State state) except -1

cdef void handle(uint16_t evt_type, Handler fn, uint32_t needs) except *
# `fn` runs for events of this type when the plan has any of `needs`; family modules call this when they are imported

cdef int apply(State state) except -1
# with state.evt decoded: find state.thread, pair enter and exit (latency, lastevent_*), find state.fd, run the handler

cdef int settle(State state) except -1
# after the sinks have seen the event: deferred removals (threads that exited, fds that closed)
