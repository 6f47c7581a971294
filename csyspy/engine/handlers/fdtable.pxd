"""What handlers of file and socket events share: parameters with the values libsinsp gives them, and changes of the fd table."""

from libc.stdint cimport int64_t, uint32_t

from csyspy.engine.event cimport Event
from csyspy.engine.fds cimport FdInfo
from csyspy.engine.handlers.dispatch cimport Handler
from csyspy.engine.state cimport State

cdef enum:
    AT_FDCWD = -100        # PPM_AT_FDCWD
    O_DIRECTORY = 1 << 10  # PPM_O_*
    O_CLOEXEC = 1 << 12
    O_F_CREATED = 1 << 14
    O_UPPER_LAYER = 1 << 15
    O_LOWER_LAYER = 1 << 16

cdef void on(Handler fn, tuple names) except *
cdef int64_t result(State state) noexcept
cdef bytes text_param(Event* e, uint32_t i)
cdef FdInfo look_up(State state, int64_t fd)
cdef FdInfo add_fd(State state, int64_t fd, FdInfo info)
cdef bytes dir_of(State state, bytes name, int64_t dirfd)
cdef bytes old_style_path(State state, bytes name, int64_t dirfd)   # as sysdig 0.29.3 joins it to its directory
