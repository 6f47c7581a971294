"""Short ways to hand out a value, shared by the families."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint32_t

from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_STR, Value, give_int

cdef inline int give_bytes(Value* out, bytes text) noexcept:
    """Text that somebody else keeps alive while the event is looked at."""
    out.kind = VK_STR
    out.s = PyBytes_AS_STRING(text)
    out.n = <uint32_t>PyBytes_GET_SIZE(text)
    return 1


cdef inline int give_id(Value* out, int64_t number) noexcept:
    """An id that some producers cannot tell (libs: should_extract_xid)."""
    return give_int(out, number) if -1 <= number <= 0xFFFFFFFF else 0


cdef inline ThreadInfo parent_process(State state):
    """Leader of the parent's process, None where it is unknown."""
    return state.threads.ancestor_process(state.thread, 1) if state.thread is not None else None
