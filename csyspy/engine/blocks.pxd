"""Blocks out of chunks: what a capture is made of, before anybody asks what is in it."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from csyspy.engine.sections cimport (
    BLOCK_EVENT_1, BLOCK_EVENT_2, BLOCK_EVENT_FLAGS_1, BLOCK_EVENT_FLAGS_2, BLOCK_EVENT_FLAGS_LARGE, BLOCK_EVENT_LARGE, BLOCK_SECTION,
)

cdef enum:
    FRAME = 8                            # type and length
    TRAILER = 4                          # the length again
    HEADER_SIZE = 28                     # of a section header without options
    MAX_PLAIN = 65536 + 8                # libs: READER_BUF_SIZE: of an event block that is not a large one, with its frame


cdef inline uint16_t load_u16(const uint8_t* p) noexcept nogil:
    cdef uint16_t n
    memcpy(&n, p, 2)
    return n


cdef inline uint32_t load_u32(const uint8_t* p) noexcept nogil:
    cdef uint32_t n
    memcpy(&n, p, 4)
    return n


cdef inline bint is_event_block(uint32_t block) noexcept nogil:
    return (block == BLOCK_EVENT_2 or block == BLOCK_EVENT_1 or block == BLOCK_EVENT_FLAGS_2 or block == BLOCK_EVENT_LARGE
            or block == BLOCK_EVENT_FLAGS_1 or block == BLOCK_EVENT_FLAGS_LARGE or block == <uint32_t>0x8010ABCD)


cdef inline bint is_large_block(uint32_t block) noexcept nogil:
    return block == BLOCK_EVENT_LARGE or block == BLOCK_EVENT_FLAGS_LARGE


cdef class BlockReader:
    cdef readonly object source
    # the chunk in hand
    cdef object chunk
    cdef const uint8_t* at
    cdef const uint8_t* end
    # bytes of a block that crosses the end of its chunk
    cdef uint8_t* carry
    cdef size_t carried, carry_room
    # the block in hand: `block` points at its frame
    cdef const uint8_t* block
    cdef uint32_t block_type, block_size
    cdef uint64_t offset               # of the block in hand, from the start of the inflated file
    cdef uint64_t next_offset          # of the one behind it
    cdef bint held                     # the block in hand has not been worked off

    cdef int rewind(self) except -1
    cdef bint _more(self) except -1
    cdef bint _gather(self, size_t n) except -1
    cdef bint _skip(self, uint64_t n) except -1
    cdef int _fetch(self) except -1
    cdef int _cut(self, uint64_t wanted) except -1
    cdef int _damaged(self, str what) except -1
    cdef int _empty(self, uint32_t size) except -1
    cdef int _check_header(self, const uint8_t* p) except -1

    @cython.final
    cdef inline int _next(self) except -1:
        """Bring the next block into hand; 0 at the end of the file."""
        cdef uint32_t size
        if self.held:
            self.held = False
            return 1
        if self.end - self.at >= FRAME:
            size = load_u32(self.at + 4)
            if FRAME + TRAILER <= size <= <size_t>(self.end - self.at):
                self.block = self.at
                self.block_type = load_u32(self.at)
                self.block_size = size
                self.at += size
                self.offset = self.next_offset
                self.next_offset += size
                return 1
        return self._fetch()
