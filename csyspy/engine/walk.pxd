"""The walk over a capture: blocks, events, state, sinks."""

cimport cython
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from csyspy.engine.blocks cimport BlockReader
from csyspy.engine.event cimport KINDS, MAX_EVENT_TYPES
from csyspy.engine.sections cimport SectionLoader
from csyspy.engine.program cimport Node
from csyspy.engine.state cimport Sink, State
from csyspy.engine.verdicts cimport Verdict


@cython.final
cdef class Walker(BlockReader):
    cdef readonly State state
    cdef readonly list sinks           # those that still want events
    cdef Sink only                     # the one sink, where there is but one, and its filter
    cdef Node only_filter
    cdef Verdict gate                  # of that filter
    cdef list all_sinks                # those that finish() must tell
    cdef readonly uint64_t skipped     # events of types that the event table does not know
    cdef public bint keep_sections     # remember the blocks before the events: a writer copies them
    cdef readonly list sections        # of (block type, body): those of the present section, its leading state events too
    cdef bint opened, ended, finished
    cdef bint undecided                # no event has told yet whether the producer writes enter events
    cdef bint unannounced              # sinks have not been told of the section in hand
    cdef bint eventless                # the present section had no event yet
    cdef uint8_t wanted[MAX_EVENT_TYPES]   # event types that anybody looks at
    cdef uint8_t idle[KINDS]               # kinds of events that nobody looks at and that do nothing to the state, where it is kept up
    cdef uint8_t unseen[MAX_EVENT_TYPES]   # event types that nobody looks at and that no handler has to see
    cdef uint8_t plain[MAX_EVENT_TYPES]    # likewise those that no handler has to see, where the one sink looks at no more than some threads
    cdef bint idle_calls                   # some kind of generic events is idle, but not all
    cdef bint sparse                   # there are some that nobody does

    cdef inline bint _has_flags(self) noexcept
    cdef bint _leads(self) noexcept
    cdef int _announce(self) except -1
    cdef int _first_section(self) except -1
    cdef int _sections(self) except -1
    cdef int _decide(self, int generation) except -1
    cdef int _event(self, State state, bint shown) except -1
    cdef void _begin(self, uint16_t evt_type, bint shown) noexcept
    cdef inline int _offer(self, State state, Sink sink, Node filter) except -1
    cdef inline int _show(self, State state) except -1
    cdef int _show_all(self, State state) except -1
    cdef uint64_t _hop(self, uint64_t most) noexcept nogil
    cdef int _walk(self, uint64_t most) except -1
    cdef int _plan(self) except -1
    cdef bint _looks_at(self, uint32_t kind) except -1
    cdef inline bint _is_idle_call(self, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept
