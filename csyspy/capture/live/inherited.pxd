"""What a program has of the time before it, told by the calls that would have led to it."""

from libc.stdint cimport uint8_t

from csyspy.capture.live.record cimport Head, Record

cdef enum:
    MOST_CALLS = 2           # that one record becomes
    PATH_ROOM = 8192

cdef struct Told:            # calls as the kernel side would have sent them
    Head head[MOST_CALLS]
    Record record[MOST_CALLS]
    uint8_t address[128]     # what their records point at
    uint8_t numbers[8]
    uint8_t facts[16]
    uint8_t path[PATH_ROOM]
    int count

cdef void retell(const Record* r, Told* told) noexcept nogil
