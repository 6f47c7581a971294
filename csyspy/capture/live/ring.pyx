"""The reading end of a BPF ring buffer, mapped into this process (docs.kernel.org/bpf/ringbuf.html).

Whoever reads calls `next` until there is no more, then `release`; nothing is copied and nothing is allocated.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap, munmap
from posix.unistd cimport _SC_PAGESIZE, sysconf

cdef extern from *:
    uint64_t load_acquire "__atomic_load_8"(const void*, int) noexcept nogil
    uint32_t load_acquire_32 "__atomic_load_4"(const void*, int) noexcept nogil
    void store_release "__atomic_store_8"(void*, uint64_t, int) noexcept nogil
    int ACQUIRE "__ATOMIC_ACQUIRE"
    int RELEASE "__ATOMIC_RELEASE"

cdef enum:
    HEADER = 8      # length with two flags, page offset

cdef uint32_t BUSY = <uint32_t>1 << 31
cdef uint32_t DISCARDED = <uint32_t>1 << 30


cdef class RingReader:
    """Reads the ring behind the descriptor `fd`, of `size` bytes. Raises OSError where it cannot be mapped."""

    def __cinit__(self, int fd, uint64_t size):
        self.page = sysconf(_SC_PAGESIZE)
        self.size = size
        self.consumer = <uint8_t*>mmap(NULL, self.page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        if <void*>self.consumer == MAP_FAILED:
            self.consumer = NULL
            raise OSError("cannot map the ring")
        self.producer = <uint8_t*>mmap(NULL, self.page + 2 * size, PROT_READ, MAP_SHARED, fd, self.page)
        if <void*>self.producer == MAP_FAILED:
            self.producer = NULL
            raise OSError("cannot map the ring's data")
        self.at = self.released = load_acquire(self.consumer, ACQUIRE)

    def __dealloc__(self):
        self.close()

    def close(self):
        """Let go of the mapping."""
        if self.consumer != NULL:
            munmap(self.consumer, self.page)
            self.consumer = NULL
        if self.producer != NULL:
            munmap(self.producer, self.page + 2 * self.size)
            self.producer = NULL

    cdef const uint8_t* next(self, uint32_t* length) noexcept nogil:
        """The next record, good until `release`; NULL where there is none yet, or the next is still being written."""
        cdef uint64_t written
        cdef uint32_t head
        cdef const uint8_t* record
        if self.producer == NULL:
            return NULL
        written = load_acquire(self.producer, ACQUIRE)
        if written - self.released > self.peak_bytes:
            self.peak_bytes = written - self.released
        while self.at < written:
            record = self.producer + self.page + (self.at & (self.size - 1))
            head = load_acquire_32(record, ACQUIRE)
            if head & BUSY:
                return NULL
            length[0] = head & ~DISCARDED
            self.at += (HEADER + length[0] + 7) & ~<uint64_t>7
            if head & DISCARDED:
                continue
            self.records += 1
            return record + HEADER
        return NULL

    cdef void release(self) noexcept nogil:
        """Give the room of the records read back to the kernel."""
        if self.consumer != NULL:
            store_release(self.consumer, self.at, RELEASE)
            self.released = self.at

    @property
    def waiting_bytes(self):
        """Bytes written and not yet read."""
        return load_acquire(self.producer, ACQUIRE) - self.at if self.producer != NULL else 0

    def drain(self, uint64_t most=0):
        """All records waiting, as bytes each: for tests and rare events. `most` limits their number; 0 does not."""
        cdef uint32_t length = 0
        cdef const uint8_t* record
        cdef list out = []
        while not most or <uint64_t>len(out) < most:
            record = self.next(&length)
            if record == NULL:
                break
            out.append((<const char*>record)[:length])
        self.release()
        return out

    def count(self):
        """Read and drop all records waiting; how many they were."""
        cdef uint32_t length = 0
        cdef uint64_t n = 0
        with nogil:
            while self.next(&length) != NULL:
                n += 1
            self.release()
        return n
