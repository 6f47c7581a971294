"""Parameters of events that no rule covers."""

from csyspy.capture.live.event_out cimport Out
from csyspy.capture.live.record cimport Param, Record
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef struct Rules:
    uint64_t* rule           # mask, match, result of each
    int n
    uint64_t otherwise
    bint first_only

cdef struct Tables:          # conversions that the code here asks for by name
    Rules clone_flags
    Rules polls
    Rules sockopt
    Rules execveat
    Rules ptrace

cdef uint64_t convert(const Rules* rules, uint64_t value) noexcept nogil
cdef uint32_t upside_down(uint8_t* to, const uint8_t* names, uint32_t end) noexcept nogil
cdef void add_special(Out* out, const Record* r, const Param* p, const Tables* tables) noexcept nogil
