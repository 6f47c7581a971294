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

# IdKind -> the fields with the leader's name, program and path of the program
cdef dict _FIELDS = {
    BY_SID: ("proc.sname", "proc.sid.exe", "proc.sid.exepath"),
    BY_VPGID: ("proc.vpgid.name", "proc.vpgid.exe", "proc.vpgid.exepath"),
    BY_PGID: ("proc.pgid.name", "proc.pgid.exe", "proc.pgid.exepath"),
}
cdef dict KINDS = {}     # field -> IdKind


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


cdef int _comm(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo leader
    if state.thread is None:
        return 0
    leader = _leader(state, KINDS[self.name])
    return give_bytes(out, leader.comm if leader is not None else b"")


cdef int _exe(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo leader
    if state.thread is None:
        return 0
    leader = _leader(state, KINDS[self.name])
    return give_bytes(out, leader.exe if leader is not None else b"")


cdef int _exepath(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo leader
    if state.thread is None:
        return 0
    leader = _leader(state, KINDS[self.name])
    return give_bytes(out, leader.exepath if leader is not None else b"")


for _kind, _names in _FIELDS.items():
    KINDS.update(dict.fromkeys(_names, _kind))
    register(_names[0], _comm, NEED_THREAD)
    register(_names[1], _exe, NEED_THREAD)
    register(_names[2], _exepath, NEED_THREAD | NEED_FD)
