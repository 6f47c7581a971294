"""Which generation of producers wrote a capture: one exit event with its enter event's parameters behind its own tells.

Facts: the conversion table of `libs: userspace/libscap/scap_event_schema.c`, by way of csyspy/events/events.json.
"""

from libc.string cimport memcpy

from csyspy.engine.event cimport MAX_EVENT_TYPES
from csyspy.engine.sections cimport BLOCK_EVENT_2, BLOCK_EVENT_FLAGS_2, BLOCK_EVENT_FLAGS_LARGE, BLOCK_EVENT_LARGE

from csyspy.events import EVENT_TABLE

cdef enum:
    FRAME = 8            # type and length of a block
    MARKS = 4            # flags before the event, where the block has them
    TYPE_AT = 20         # in an event header
    COUNT_AT = 22
    HEADER = 26

# Exit events that tell: with this many parameters the former enter parameters are behind the exit's own. 0: does not tell.
cdef uint8_t FULL_EXIT[MAX_EVENT_TYPES]


cdef void _read_table() except *:
    for event in EVENT_TABLE["events"]:
        for row in event.get("conversion", ()):
            if event["dir"] == "<" and any(fill.startswith("enter:") for fill in row.get("fill", ())):
                FULL_EXIT[<int>event["id"]] = len(event["params"])


_read_table()


cdef int generation_of(uint16_t evt_type, uint32_t nparams) noexcept nogil:
    if evt_type >= MAX_EVENT_TYPES or FULL_EXIT[evt_type] == 0:
        return GENERATION_OPEN
    return GENERATION_EXITS if nparams >= FULL_EXIT[evt_type] else GENERATION_PAIRS


cdef int foresee(const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef uint32_t kind, size, start, count
    cdef uint16_t evt_type
    cdef int told
    while end - at >= FRAME:
        memcpy(&kind, at, 4)
        memcpy(&size, at + 4, 4)
        if size < FRAME or size > <size_t>(end - at):
            return GENERATION_OPEN
        if kind != BLOCK_EVENT_2 and kind != BLOCK_EVENT_FLAGS_2 and kind != BLOCK_EVENT_LARGE and kind != BLOCK_EVENT_FLAGS_LARGE:
            return GENERATION_OPEN
        start = FRAME + 2 + (MARKS if kind == BLOCK_EVENT_FLAGS_2 or kind == BLOCK_EVENT_FLAGS_LARGE else 0)
        if size >= start + HEADER:
            memcpy(&evt_type, at + start + TYPE_AT, 2)
            memcpy(&count, at + start + COUNT_AT, 4)
            told = generation_of(evt_type, count)
            if told != GENERATION_OPEN:
                return told
        at += size
    return GENERATION_OPEN
