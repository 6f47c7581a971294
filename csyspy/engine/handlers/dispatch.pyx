"""What an event does to the state: one table from event id to handler, and the bookkeeping round it."""

from csyspy.engine.event cimport MAX_EVENT_TYPES

cdef Handler HANDLERS[MAX_EVENT_TYPES]
cdef uint32_t HANDLER_NEEDS[MAX_EVENT_TYPES]


cdef void handle(uint16_t evt_type, Handler fn, uint32_t needs) except *:
    HANDLERS[evt_type] = fn
    HANDLER_NEEDS[evt_type] = needs


cdef int apply(State state) except -1:
    cdef Handler fn = HANDLERS[state.evt.type] if state.evt.type < MAX_EVENT_TYPES else NULL
    state.thread = state.threads.find(state.evt.tid)
    if fn != NULL and HANDLER_NEEDS[state.evt.type] & state.needs:
        fn(state)
    return 0


cdef int settle(State state) except -1:
    return 0
