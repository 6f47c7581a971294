"""Which generation of producers wrote a capture."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum Generation:
    GENERATION_OPEN = -1     # what was looked at does not tell
    GENERATION_PAIRS = 0     # enter and exit events
    GENERATION_EXITS = 1     # exit events only, with the former enter parameters behind their own

cdef int generation_of(uint16_t evt_type, uint32_t nparams) noexcept nogil
# what one event tells

cdef int foresee(const uint8_t* at, const uint8_t* end) noexcept nogil
# what the first telling event among the blocks of [at, end) tells: so that the very first event is shown right
