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
# Those to which libs 0.20 gave the enter parameters too (its driver/event_table.c), while it still wrote enter events.
cdef uint8_t FULL_IN_PAIRS[MAX_EVENT_TYPES]
# Enter events that no producer of exit events writes.
cdef uint8_t ENTER[MAX_EVENT_TYPES]

_FULL_IN_PAIRS = ("PPME_SYSCALL_READ_X", "PPME_SYSCALL_PREAD_X", "PPME_SOCKET_BIND_X", "PPME_SOCKET_LISTEN_X",
                  "PPME_SYSCALL_SETRLIMIT_X", "PPME_SYSCALL_PRLIMIT_X")
# What may be there to guard against arguments that change while the call runs.
_KEPT_ENTERS = ("open", "creat", "openat", "openat2", "connect", "execve", "execveat")


cdef void _read_table() except *:
    for event in EVENT_TABLE["events"]:
        rows = event.get("conversion", ())
        if event["dir"] == ">":
            ENTER[<int>event["id"]] = event["name"] not in _KEPT_ENTERS and any(row["action"] == "store" for row in rows)
            continue
        FULL_IN_PAIRS[<int>event["id"]] = event["enum"] in _FULL_IN_PAIRS
        for row in rows:
            # Events that became another type have as many parameters whoever wrote them. Generic ones carry the number of the call
            # in csyspy's own pairs, too.
            if event["id"] > 1 and row["action"] == "add_params" and any(fill.startswith("enter:") for fill in row.get("fill", ())):
                FULL_EXIT[<int>event["id"]] = len(event["params"])


_read_table()


cdef int generation_of(uint16_t evt_type, uint32_t nparams) noexcept nogil:
    if evt_type >= MAX_EVENT_TYPES:
        return GENERATION_OPEN
    if ENTER[evt_type]:
        return GENERATION_PAIRS
    if FULL_EXIT[evt_type] == 0:
        return GENERATION_OPEN
    if nparams < FULL_EXIT[evt_type]:
        return GENERATION_PAIRS
    return GENERATION_OPEN if FULL_IN_PAIRS[evt_type] else GENERATION_EXITS


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
