"""Events as lines on a file descriptor.

Lines are gathered and written in large pieces; a program that follows them asks for `unbuffered`.
"""

from cpython.exc cimport PyErr_CheckSignals, PyErr_SetFromErrno
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stddef cimport size_t

cdef extern from "<unistd.h>" nogil:
    ssize_t write(int fd, const void* data, size_t n)

cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    int poll(pollfd* fds, unsigned long n, int timeout)
    short POLLOUT

cdef enum:
    FLUSH_SIZE = 65536      # bytes that wait before they are written


cdef class TextSink(Sink):
    """Writes a line for every event that passes `filter`.

    `fd` is an open file descriptor. What cannot be written raises OSError (BrokenPipeError where the reader has gone), from
    event() or from finish(); the lines that did not get out are dropped.
    """

    def __init__(self, Formatter formatter not None, int fd=1, bint unbuffered=False, object filter=None):
        self.formatter = formatter
        self.needs = formatter.needs | (filter.needs if filter is not None else 0)
        self.filter = filter
        self.out = Buffer()
        self.out.grow(FLUSH_SIZE * 2)
        self.fd = fd
        self.unbuffered = unbuffered

    cdef int event(self, State state) except -1:
        if self.formatter.add_line(state, self.out):
            self.out.add_char(c"\n")
            self.lines += 1
            if self.out.size >= FLUSH_SIZE or self.unbuffered:
                self.flush()
        return 0

    cdef int finish(self, State state) except -1:
        self.flush()
        return 0

    cpdef int flush(self) except -1:
        """Write what waits. A signal may interrupt it (KeyboardInterrupt); then the rest is written by the next call."""
        cdef size_t done = 0
        cdef size_t size = self.out.size
        cdef const char* data = self.out.data
        cdef ssize_t n
        cdef pollfd ready
        try:
            while done < size:
                with nogil:
                    n = write(self.fd, data + done, size - done)
                if n >= 0:
                    done += <size_t>n
                elif errno == EINTR:
                    PyErr_CheckSignals()
                elif errno == EAGAIN:      # somebody made it non-blocking: wait for room
                    ready.fd = self.fd
                    ready.events = POLLOUT
                    with nogil:
                        poll(&ready, 1, 1000)
                    PyErr_CheckSignals()
                else:
                    done = size
                    PyErr_SetFromErrno(OSError)
        finally:
            self.out.drop(done)
        return 0
