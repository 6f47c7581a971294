"""Event blocks of captures, written one after another into a buffer that grows (libs: userspace/libscap/scap_savefile.c)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy

cdef enum:
    EVENT_BLOCK = 0x216
    FLAGGED_BLOCK = 0x217
    BLOCK_HEADER = 10        # type, length, cpu
    FLAGS_SIZE = 4           # behind it, in blocks that have flags
    STATE_ONLY = 1           # flag: for the reader's tables, nobody sees it
    EVENT_HEADER = 26        # time, tid, length, type, number of parameters
    ROOM_FOR_ONE = 1 << 17   # no event is longer, whatever was fetched

cdef struct Out:
    uint8_t* buffer
    size_t used
    size_t room
    uint8_t* block           # of the event in hand
    uint8_t* sizes           # where its next parameter's length goes
    uint8_t* data            # where its next parameter goes
    uint32_t flags           # of the events from now on


cdef inline bint make_room(Out* out) noexcept nogil:
    """See to it that one more event fits; False where there is no memory."""
    cdef uint8_t* bigger
    cdef size_t room
    if out.room - out.used >= ROOM_FOR_ONE:
        return True
    room = 2 * out.room + 2 * ROOM_FOR_ONE
    bigger = <uint8_t*>realloc(out.buffer, room)
    if bigger == NULL:
        return False
    out.buffer = bigger
    out.room = room
    return True


cdef inline bint begin_event(Out* out, uint64_t ts, int64_t tid, uint16_t cpu, uint16_t event, uint32_t nparams) noexcept nogil:
    cdef uint8_t* p
    cdef uint32_t kind = FLAGGED_BLOCK if out.flags else EVENT_BLOCK
    if not make_room(out):
        return False
    p = out.buffer + out.used
    out.block = p
    memcpy(p, &kind, 4)
    memcpy(p + 8, &cpu, 2)
    if out.flags:
        memcpy(p + 10, &out.flags, 4)
        p += FLAGS_SIZE
    memcpy(p + 10, &ts, 8)
    memcpy(p + 18, &tid, 8)
    memcpy(p + 30, &event, 2)
    memcpy(p + 32, &nparams, 4)
    out.sizes = p + BLOCK_HEADER + EVENT_HEADER
    out.data = out.sizes + 2 * nparams
    return True


cdef inline void add(Out* out, const void* value, uint16_t n) noexcept nogil:
    """The next parameter."""
    memcpy(out.data, value, n)
    memcpy(out.sizes, &n, 2)
    out.sizes += 2
    out.data += n


cdef inline void add_int(Out* out, uint64_t value, uint8_t width) noexcept nogil:
    cdef uint16_t n = width
    memcpy(out.data, &value, 8)
    memcpy(out.sizes, &n, 2)
    out.sizes += 2
    out.data += n


cdef inline void end_event(Out* out) noexcept nogil:
    cdef uint32_t at = BLOCK_HEADER + (FLAGS_SIZE if out.flags else 0)
    cdef uint32_t length = <uint32_t>(out.data - out.block) - at
    cdef uint32_t size = (at + length + 3) & ~<uint32_t>3
    cdef uint32_t nothing = 0
    memcpy(out.data, &nothing, 4)
    size += 4
    memcpy(out.block + at + 16, &length, 4)
    memcpy(out.block + 4, &size, 4)
    memcpy(out.block + size - 4, &size, 4)
    out.used += size
