"""Blocks out of chunks: what a capture is made of, before anybody asks what is in it.

Frames and limits from `libs: userspace/libscap/engine/savefile/scap_savefile.c`. A block that lies whole in a chunk is used where it
lies; one that crosses the end of its chunk is put together in a buffer that grows with the bytes that are really there.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from csyspy.engine.sections cimport BLOCK_MACHINE, plain_type

from csyspy.errors import CaptureError

cdef enum:
    MAX_LARGE = 64 << 20                 # beyond this no producer goes; it would have to lie in memory at once
    MAX_SECTION = 256 << 20              # a list with a million threads
    MAX_UNKNOWN = 1 << 20                # blocks that nobody knows are not kept beyond this

cdef const uint32_t MAGIC = 0x1A2B3C4D
cdef const uint32_t SWAPPED_MAGIC = 0x4D3C2B1A


cdef class BlockReader:
    """The blocks of `source`, one file at a time. Errors are CaptureError with the offset of the block."""

    def __cinit__(self, state, source):
        self.source = source

    def __dealloc__(self):
        free(self.carry)

    @property
    def position(self) -> int:
        """Offset of the block in hand in the inflated file, in bytes."""
        return self.offset

    cdef int rewind(self) except -1:
        """A file begins."""
        self.carried = 0
        self.offset = self.next_offset = 0
        self.held = False
        return 0

    cdef bint _more(self) except -1:
        """Take the next chunk of the file; False at its end."""
        cdef Py_buffer view
        self.at = self.end = NULL
        while True:
            chunk = self.source.read()
            if chunk is None:
                return False
            if len(chunk):
                break
        # The reference keeps the bytes where they are: sources give them out for as long as nothing more is read.
        self.chunk = chunk
        PyObject_GetBuffer(chunk, &view, PyBUF_SIMPLE)
        self.at = <const uint8_t*>view.buf
        self.end = self.at + view.len
        PyBuffer_Release(&view)
        return True

    cdef bint _gather(self, size_t n) except -1:
        """Bring `carried` up to `n` bytes; False where the file ends before. The room grows with what is really there."""
        cdef size_t part, room
        cdef uint8_t* bigger
        while self.carried < n:
            if self.at == self.end and not self._more():
                return False
            part = min(n - self.carried, <size_t>(self.end - self.at))
            if self.carried + part > self.carry_room:
                room = max(self.carried + part, min(2 * self.carry_room, n))
                bigger = <uint8_t*>realloc(self.carry, room)
                if bigger == NULL:
                    raise MemoryError
                self.carry = bigger
                self.carry_room = room
            memcpy(self.carry + self.carried, self.at, part)
            self.carried += part
            self.at += part
        return True

    cdef bint _skip(self, uint64_t n) except -1:
        """Pass over `n` bytes without keeping them; False where the file ends before."""
        cdef size_t part
        while n:
            if self.at == self.end and not self._more():
                return False
            part = <size_t>min(n, <uint64_t>(self.end - self.at))
            self.at += part
            n -= part
        return True

    cdef int _cut(self, uint64_t wanted) except -1:
        raise CaptureError(f"{self.source.name}: expecting {wanted} bytes, read {self.carried}: is the file truncated?", self.offset)

    cdef int _damaged(self, str what) except -1:
        raise CaptureError(f"{self.source.name}: {what}", self.offset)

    cdef int _fetch(self) except -1:
        """The next block where it is not whole in the chunk in hand."""
        cdef uint32_t kind, size
        self.carried = 0
        self.offset = self.next_offset
        if not self._gather(FRAME):
            if self.carried:
                self._cut(FRAME)
            return 0
        kind = load_u32(self.carry)
        size = load_u32(self.carry + 4)
        if size < FRAME + TRAILER:
            self._damaged(f"a block that says it is {size} bytes long")
        if is_event_block(kind) and size > <uint32_t>(MAX_LARGE if is_large_block(kind) else MAX_PLAIN):
            self._damaged(f"an event block that says it is {size} bytes long")
        if size > MAX_UNKNOWN and not BLOCK_MACHINE <= plain_type(kind) <= BLOCK_EVENT_FLAGS_LARGE:
            self._empty(size)
            return 1
        if size > MAX_SECTION:
            self._damaged(f"a block that says it is {size} bytes long")
        if not self._gather(size):
            self._cut(size)
        self.block = self.carry
        self.block_type = kind
        self.block_size = size
        self.next_offset += size
        return 1

    cdef int _empty(self, uint32_t size) except -1:
        """Pass over the body of the block whose frame has been gathered: it comes into hand with its type and nothing in it."""
        cdef uint32_t short_size = FRAME + TRAILER
        if not self._skip(size - FRAME - TRAILER) or not self._gather(short_size):
            self._cut(size)
        if load_u32(self.carry + FRAME) != size:
            self._damaged(f"a block of {size} bytes ends with another length")
        memcpy(self.carry + 4, &short_size, 4)
        memcpy(self.carry + FRAME, &short_size, TRAILER)
        self.block = self.carry
        self.block_type = load_u32(self.carry)
        self.block_size = short_size
        self.next_offset += size
        return 0

    cdef int _check_header(self, const uint8_t* p) except -1:
        """Refuse what is no capture, or none that can be read; `p` has HEADER_SIZE bytes."""
        if load_u32(p) != BLOCK_SECTION:
            self._damaged("not a capture file: it does not begin with a section header")
        if load_u32(p + FRAME) == SWAPPED_MAGIC:
            self._damaged("written on a big-endian machine; only little-endian captures can be read")
        if load_u32(p + FRAME) != MAGIC:
            self._damaged("not a capture file: the section header has another magic number")
        if load_u16(p + 12) > 1:
            self._damaged(f"written in version {load_u16(p + 12)} of the capture format; version 1 can be read")
        if load_u32(p + 4) < HEADER_SIZE:
            self._damaged("the section header is too short")
        return 0
