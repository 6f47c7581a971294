"""The reading end of a BPF ring buffer."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef class RingReader:
    cdef uint8_t* consumer      # page with the position that we have read up to
    cdef uint8_t* producer      # page with the position that the kernel has written up to; the data follow, mapped twice
    cdef readonly uint64_t size
    cdef uint64_t at            # position up to which records have been given out
    cdef uint64_t released      # and up to which their room was given back
    cdef size_t page
    cdef public uint64_t records
    cdef public uint64_t peak_bytes

    cdef const uint8_t* next(self, uint32_t* length) noexcept nogil
    cdef void release(self) noexcept nogil
