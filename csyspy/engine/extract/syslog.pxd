"""Messages to the system log."""

from libc.stdint cimport uint32_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.state cimport State

cdef struct SyslogLine:
    uint32_t facility
    uint32_t severity
    const char* message    # inside the event
    uint32_t n

cdef bint writes_syslog(State state) noexcept
cdef bint read_syslog(State state, SyslogLine* line) except -1
cdef int add_syslog_info(Buffer out, const SyslogLine* line) except -1
