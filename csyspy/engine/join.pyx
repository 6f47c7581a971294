"""Exit events with the parameters of their enter events behind their own.

libs 0.20 gives exit events of older captures the form in which newer producers write them, so `evt.arg.fd` of an exit event of read
has a value (libs: userspace/libscap/engine/savefile/converter/converter.cpp).
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.event cimport *


cdef uint32_t _size_of(int type) noexcept:
    """Bytes of a parameter of which nothing is known: zeros of a number, nothing of anything else."""
    if type == PT_FD or type == PT_INT64 or type == PT_UINT64 or type == PT_PID or type == PT_ERRNO:
        return 8
    if type == PT_UINT32 or type == PT_INT32 or type == PT_FLAGS32 or type == PT_ENUMFLAGS32:
        return 4
    if type == PT_UINT16 or type == PT_FLAGS16 or type == PT_ENUMFLAGS16:
        return 2
    return 1 if type == PT_UINT8 or type == PT_FLAGS8 or type == PT_ENUMFLAGS8 else 0


cdef int join_params(State state, const Event* enter) except -1:
    cdef Event* e = &state.evt
    cdef const EventInfo* other = &EVENTS[e.type - 1]
    cdef const uint8_t* p
    cdef uint32_t n, i
    cdef uint32_t own = e.nparams
    cdef uint32_t count = own + other.nparams
    cdef uint16_t size
    cdef char zeros[8]
    cdef Buffer out = state.joined
    if e.lensize != 2 or count > MAX_PARAMS:
        return 0
    if out is None:
        out = state.joined = Buffer()
    memset(zeros, 0, 8)
    out.size = 0
    for i in range(count):
        n = 0
        if i < own:
            event_param(e, i, &p, &n)
        elif enter == NULL:
            n = _size_of(other.params[i - own].type)
        elif not event_param(<Event*>enter, i - own, &p, &n):
            n = 0
        size = <uint16_t>n
        out.add(<const char*>&size, 2)
    for i in range(count):
        n = 0
        p = <const uint8_t*>zeros
        if i < own:
            event_param(e, i, &p, &n)
        elif enter == NULL:
            n = _size_of(other.params[i - own].type)
        else:
            event_param(<Event*>enter, i - own, &p, &n)
        out.add(<const char*>p, n)
    e.lens = <const uint8_t*>out.data
    e.data = e.lens + 2 * count
    e.nparams = count
    e.ndecoded = 0
    state.own_params = own
    return 0
