"""What an event does to the state: one table from event id to handler, and the bookkeeping round it."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from csyspy.engine.event cimport Event
from csyspy.engine.state cimport State
from csyspy.engine.verdicts cimport Verdict

ctypedef int (*Handler)(State state) except -1

cdef void handle(uint16_t evt_type, Handler fn, uint32_t needs) except *
# `fn` runs for events of this type when the plan has any of `needs`; family modules call this when they are imported

cdef void handle_all(tuple names, Handler fn, uint32_t needs) except *
# likewise for several; names as in libs' ppm_event_code, without PPME_, SYSCALL_ and SOCKET_: "CLONE_20_X"

cdef void keep_enter(uint16_t evt_type) except *
# enter events of this type are kept until their exit event: enter_event()

cdef void only_on_sockets(uint16_t evt_type) except *
# the handler of this type does nothing to an event whose fd is no IP socket

cdef Event* enter_event(State state) noexcept
# the enter event that belongs to the current exit event, or NULL; valid until the next call

cdef bytes text_param(Event* e, uint32_t i)
# parameter `i` as text; `<NA>` where it is absent or empty, as libsinsp reads it

cdef int apply(State state) except -1
# with state.evt decoded: find state.thread, pair enter and exit (latency, lastevent_*), find state.fd, run the handler

cdef int find_fd(State state) except -1
# state.fd of an event without a handler: left to be found (state.fd_due) until a filter or a sink wants it

cdef int settle(State state) except -1
# after the sinks have seen the event: deferred removals (threads that exited, fds that closed)

cdef bint is_idle(State state, uint16_t evt_type) noexcept
# Events of the type do nothing to the state that state.needs asks for, beyond being their thread's last event: see pass_over

cdef bint pass_over(State state, uint16_t evt_type, int64_t tid, uint64_t ts) noexcept
# What is left to do about an idle event that nobody looks at; False where its thread is unknown, and it has to be applied

cdef bint is_plain(State state, uint16_t evt_type, bint unseen) noexcept
# No handler that state.needs asks for looks at events of the type, but for those on sockets, and none wants them kept: see pass_denied.
# `unseen`: nor does anybody else look at them, or at their partners

cdef bint pass_unseen(State state, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept
# Do what apply() and settle() do about a plain event that nobody looks at, undecoded; False where it has to be applied. `raw` is an event
# of `size` bytes with a parameter count and lengths of two bytes

cdef bint pass_denied(State state, Verdict gate, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept
# likewise about a plain event of a thread whose events `gate` keeps from everybody
