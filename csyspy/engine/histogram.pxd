"""How often numbers of which size came, by row: what quantiles are read from."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t

cdef struct Counts:
    uint32_t* counts      # of the buckets first..first + n - 1
    uint16_t first
    uint16_t n
    uint64_t largest      # number of all


cdef class Histograms:
    cdef Counts* rows
    cdef uint32_t room

    cdef int add(self, uint32_t row, uint64_t value) except -1
    cdef int add_all(self, uint32_t row, Histograms other, uint32_t other_row) except -1
    cdef object quantiles(self, uint32_t row)
    cdef int clear(self) noexcept
    cdef int count(self, uint32_t row, uint32_t bucket, uint32_t times, uint64_t largest) except -1
    cdef int make_room(self, uint32_t row) except -1
