"""Which container a thread belongs to, and what container events say about it."""

from libc.stdint cimport uint8_t, uint32_t

from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo

cdef int take_cgroups(State state, ThreadInfo info, const uint8_t* text, uint32_t n) except -1
# sets cgroups (NUL-separated `subsystem=path`) and with them container_id and category; for process lists too,
# once comm, args and vpid are there

cdef int resolve_container(State state, ThreadInfo info) except -1
# container_id and category from the cgroups it has
