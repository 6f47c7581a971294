"""How often numbers of which size came, by row: what quantiles are read from.

A power of two has eight buckets, so a bucket is at most an eighth wider than its smallest number and its middle is within 1/16 (6.25 %)
of every number in it. A row holds the octaves that it met and no more: 32 bytes for one, at most 1.2 kB for all.
No quantile is said to be above the largest number.
"""

from libc.stdlib cimport free, realloc
from libc.string cimport memmove, memset

cdef extern from *:
    int __builtin_clzll(unsigned long long) nogil

cdef enum:
    STEP_BITS = 3
    STEPS = 1 << STEP_BITS
    LARGEST_BIT = 39                                     # 2**40 ns are 18 minutes; what is longer counts as that
    BUCKETS = (LARGEST_BIT - STEP_BITS + 2) * STEPS
    MOST = 0xFFFFFFFF

QUANTILES = (0.99, 0.5)
"""Which are told, in that order."""


cdef inline uint32_t _bucket_of(uint64_t value) noexcept nogil:
    cdef uint32_t bit
    if value < STEPS:
        return <uint32_t>value
    if value >> (LARGEST_BIT + 1):
        return BUCKETS - 1
    bit = 63 - __builtin_clzll(value)
    return (bit - STEP_BITS) * STEPS + <uint32_t>(value >> (bit - STEP_BITS))


cdef inline uint64_t _middle_of(uint32_t bucket) noexcept nogil:
    cdef uint32_t shift
    if bucket < 2 * STEPS:
        return bucket
    shift = bucket // STEPS - 1
    return ((<uint64_t>(STEPS + bucket % STEPS)) << shift) + ((<uint64_t>1 << shift) >> 1)


cdef class Histograms:
    """One for each row, rows by their numbers."""

    def __dealloc__(self):
        self.clear()
        free(self.rows)

    cdef int add(self, uint32_t row, uint64_t value) except -1:
        return self.count(row, _bucket_of(value), 1, value)

    cdef int add_all(self, uint32_t row, Histograms other, uint32_t other_row) except -1:
        """Add another's row to this one's."""
        cdef uint32_t i
        cdef Counts* more
        if other_row >= other.room:
            return 0
        more = &other.rows[other_row]
        for i in range(more.n):
            if more.counts[i]:
                self.count(row, more.first + i, more.counts[i], more.largest)
        return 0

    cdef int count(self, uint32_t row, uint32_t bucket, uint32_t times, uint64_t largest) except -1:
        cdef Counts* own
        cdef uint32_t* counted
        if row >= self.room:
            self.make_room(row)
        own = &self.rows[row]
        if not own.n or bucket < own.first or bucket >= <uint32_t>own.first + own.n:
            widen(own, bucket)
        own.largest = max(own.largest, largest)
        counted = &own.counts[bucket - own.first]
        counted[0] = counted[0] + times if counted[0] <= MOST - times else MOST
        return 0

    cdef int make_room(self, uint32_t row) except -1:
        cdef uint32_t room = max(self.room * 2, row + 1, 64)
        cdef Counts* grown = <Counts*>realloc(self.rows, room * sizeof(Counts))
        if grown == NULL:
            raise MemoryError
        memset(grown + self.room, 0, (room - self.room) * sizeof(Counts))
        self.rows = grown
        self.room = room
        return 0

    cdef object quantiles(self, uint32_t row):
        """QUANTILES of the row's numbers, as a tuple; None where it has none. The smallest number that so many are not above."""
        cdef uint64_t total = 0, met = 0
        cdef uint32_t i
        cdef Counts* own
        if row >= self.room or not self.rows[row].n:
            return None
        own = &self.rows[row]
        for i in range(own.n):
            total += own.counts[i]
        cdef uint64_t upper = total - total // 100       # of 0.99 and 0.5, rounded up
        cdef uint64_t half = total - total // 2
        cdef uint64_t middle = 0
        cdef bint has_middle = False
        for i in range(own.n):
            met += own.counts[i]
            if not has_middle and met >= half:
                middle, has_middle = min(_middle_of(own.first + i), own.largest), True
            if met >= upper:
                return min(_middle_of(own.first + i), own.largest), middle
        return None

    cdef int clear(self) noexcept:
        """Forget all numbers."""
        cdef uint32_t row
        for row in range(self.room):
            free(self.rows[row].counts)
        if self.rows != NULL:
            memset(self.rows, 0, self.room * sizeof(Counts))
        return 0


cdef int widen(Counts* own, uint32_t bucket) except -1:
    """Let the row have the octave of the bucket, too."""
    cdef uint32_t first = bucket - bucket % STEPS
    cdef uint32_t end = first + STEPS
    cdef uint32_t* grown
    if own.n:
        first, end = min(first, own.first), max(end, <uint32_t>own.first + own.n)
    grown = <uint32_t*>realloc(own.counts, (end - first) * sizeof(uint32_t))
    if grown == NULL:
        raise MemoryError
    own.counts = grown
    if not own.n:
        own.first = <uint16_t>first
    if first < own.first:
        memmove(grown + (own.first - first), grown, own.n * sizeof(uint32_t))
    memset(grown, 0, (own.first - first) * sizeof(uint32_t))
    memset(grown + (own.first - first) + own.n, 0, (end - own.first - own.n) * sizeof(uint32_t))
    own.first, own.n = <uint16_t>first, <uint16_t>(end - first)
    return 0
