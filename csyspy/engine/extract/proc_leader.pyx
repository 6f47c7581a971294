"""proc.sname, proc.sid.*, proc.vpgid.*, proc.pgid.*: the leader of the session or process group (libs: sinsp_filtercheck_thread.cpp).

The leader is the thread whose tid is the id; in a pid namespace, where ids do not tell, the oldest ancestor in a row that has
the same id (libs: threadinfo.cpp, get_oldest_matching_ancestor).
"""

from libc.stdint cimport int64_t

from csyspy.engine.extract.give cimport give_bytes
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport Extractor, Value, register

cdef enum IdKind:
    BY_SID = 0
    BY_VPGID = 1
    BY_PGID = 2


cdef inline int64_t _id(ThreadInfo info, int kind) noexcept:
    if kind == BY_SID:
        return info.sid
    return info.vpgid if kind == BY_VPGID else info.pgid


cdef ThreadInfo _leader(State state, int kind):
    cdef ThreadInfo thread = state.thread
    cdef ThreadInfo found = None
    cdef ThreadInfo at
    cdef int64_t number
    number = _id(thread, kind)
    if number == -1:
        return None
    if kind == BY_PGID or not thread.in_pidns():
        found = state.threads.find(number)
        if found is not None:
            return found
    for at in state.threads.lineage(thread):
        if _id(at, kind) != number:
            break
        found = at
    return found


cdef inline int _comm(State state, Value* out, int kind) except -1:
    cdef ThreadInfo leader
    if state.thread is None:
        return 0
    leader = _leader(state, kind)
    return give_bytes(out, leader.comm if leader is not None else b"")


cdef inline int _exe(State state, Value* out, int kind) except -1:
    cdef ThreadInfo leader
    if state.thread is None:
        return 0
    leader = _leader(state, kind)
    return give_bytes(out, leader.exe if leader is not None else b"")


cdef inline int _exepath(State state, Value* out, int kind) except -1:
    cdef ThreadInfo leader
    if state.thread is None:
        return 0
    leader = _leader(state, kind)
    return give_bytes(out, leader.exepath if leader is not None else b"")


cdef int _sname(State state, Extractor self, Value* out) except -1:
    return _comm(state, out, BY_SID)


cdef int _sid_exe(State state, Extractor self, Value* out) except -1:
    return _exe(state, out, BY_SID)


cdef int _sid_exepath(State state, Extractor self, Value* out) except -1:
    return _exepath(state, out, BY_SID)


cdef int _vpgid_name(State state, Extractor self, Value* out) except -1:
    return _comm(state, out, BY_VPGID)


cdef int _vpgid_exe(State state, Extractor self, Value* out) except -1:
    return _exe(state, out, BY_VPGID)


cdef int _vpgid_exepath(State state, Extractor self, Value* out) except -1:
    return _exepath(state, out, BY_VPGID)


cdef int _pgid_name(State state, Extractor self, Value* out) except -1:
    return _comm(state, out, BY_PGID)


cdef int _pgid_exe(State state, Extractor self, Value* out) except -1:
    return _exe(state, out, BY_PGID)


cdef int _pgid_exepath(State state, Extractor self, Value* out) except -1:
    return _exepath(state, out, BY_PGID)


register("proc.sname", _sname, NEED_THREAD)
register("proc.sid.exe", _sid_exe, NEED_THREAD)
register("proc.sid.exepath", _sid_exepath, NEED_THREAD | NEED_FD)
register("proc.vpgid.name", _vpgid_name, NEED_THREAD)
register("proc.vpgid.exe", _vpgid_exe, NEED_THREAD)
register("proc.vpgid.exepath", _vpgid_exepath, NEED_THREAD | NEED_FD)
register("proc.pgid.name", _pgid_name, NEED_THREAD)
register("proc.pgid.exe", _pgid_exe, NEED_THREAD)
register("proc.pgid.exepath", _pgid_exepath, NEED_THREAD | NEED_FD)
