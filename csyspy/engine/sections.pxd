"""Blocks that come before the events: machine, interfaces, users, processes and their file descriptors."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo

cdef enum BlockType:       # libs: userspace/libscap/scap_savefile.h; the numbers in comments are names of old producers
    BLOCK_SECTION = 0x0A0D0D0A
    BLOCK_MACHINE = 0x201
    BLOCK_PROCS_1 = 0x202
    BLOCK_FDS_1 = 0x203
    BLOCK_EVENT_1 = 0x204
    BLOCK_INTERFACES_1 = 0x205
    BLOCK_USERS_1 = 0x206
    BLOCK_PROCS_2 = 0x207
    BLOCK_EVENT_FLAGS_1 = 0x208
    BLOCK_PROCS_3 = 0x209
    BLOCK_PROCS_4 = 0x210
    BLOCK_PROCS_5 = 0x211
    BLOCK_PROCS_6 = 0x212
    BLOCK_PROCS_7 = 0x213
    BLOCK_PROCS_8 = 0x214
    BLOCK_PROCS_9 = 0x215
    BLOCK_EVENT_2 = 0x216
    BLOCK_EVENT_FLAGS_2 = 0x217
    BLOCK_FDS_2 = 0x218
    BLOCK_INTERFACES_2 = 0x219
    BLOCK_USERS_2 = 0x220
    BLOCK_EVENT_LARGE = 0x221
    BLOCK_EVENT_FLAGS_LARGE = 0x222

cdef uint32_t plain_type(uint32_t block) noexcept nogil       # the number of today for one of the old aliases


cdef struct Cursor:                # a place in a block, and where what may be read of it ends
    const uint8_t* p
    const uint8_t* end
    bint short                     # somebody asked for more than there is


@cython.final
cdef class SectionLoader:
    """Reads the blocks of one section into a State."""
    cdef State state
    cdef set server_ports
    cdef bint modern                   # the process list has the fields of libs 0.10 and later
    cdef uint64_t offset               # of the block being read, for messages

    cdef int load(self, uint32_t block, const uint8_t* body, size_t n, uint64_t offset) except -1
    # one whole block without its frame; `offset` is that of the block in the inflated capture
    cdef int finish(self) except -1    # once the first event is reached: relations of threads, roles of connections
    cdef int _damaged(self, str what, str why=*) except -1
    cdef int _read_thread(self, Cursor* c, int version, ThreadInfo thread) except -1
    cdef int _read_tail(self, Cursor* c, ThreadInfo thread) except -1
    cdef int _machine(self, const uint8_t* body, size_t n) except -1
    cdef int _interfaces(self, const uint8_t* body, size_t n, bint sized) except -1
    cdef int _users(self, const uint8_t* body, size_t n, bint sized) except -1
    cdef int _processes(self, const uint8_t* body, size_t n, int version) except -1
    cdef int _fds(self, const uint8_t* body, size_t n, bint sized) except -1
