"""proc.*: program file, times, sizes, open files of the process (libs: sinsp_filtercheck_thread.cpp)."""

from libc.stdint cimport int64_t, uint64_t

from csyspy.engine.extract.give cimport give_bytes, parent_process
from csyspy.engine.fds cimport FdInfo, FdTable
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, State
from csyspy.engine.threads cimport CAT_HEALTHCHECK, CAT_LIVENESS_PROBE, CAT_READINESS_PROBE, ThreadInfo
from csyspy.engine.value cimport VK_DOUBLE, Extractor, Value, give_bool, give_int, give_uint, register

from csyspy.events import EVENT_TABLE

cdef dict TYPE_NAMES = {row["id"]: (row["typestring"] or "").encode() for row in EVENT_TABLE["fd_types"]}


# ---- the program's file

cdef int _is_exe_writable(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.exe_writable) if state.thread is not None else 0


cdef int _is_exe_upper_layer(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.exe_upper_layer) if state.thread is not None else 0


cdef int _is_exe_lower_layer(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.exe_lower_layer) if state.thread is not None else 0


cdef int _is_exe_from_memfd(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.exe_from_memfd) if state.thread is not None else 0


cdef inline int _unless_zero(Value* out, uint64_t number) noexcept:
    return give_uint(out, number) if number else 0


cdef int _exe_ino(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.exe_ino) if state.thread is not None else 0


cdef int _exe_ino_ctime(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.exe_ino_ctime) if state.thread is not None else 0


cdef int _exe_ino_mtime(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.exe_ino_mtime) if state.thread is not None else 0


cdef int _ctime_to_clone(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.exe_ino_ctime_duration_clone_ts) if state.thread is not None else 0


cdef int _pidns_to_ctime(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.exe_ino_ctime_duration_pidns_start) if state.thread is not None else 0


# ---- times

cdef inline int64_t _open_count(ThreadInfo thread):
    cdef ThreadInfo main = thread if thread.is_main() else thread.main
    return main.own_fds.count if main is not None and main.own_fds is not None else 0


cdef int _pidns_start(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.pidns_init_start_ts) if state.thread is not None else 0


cdef int _pid_ts(State state, Extractor self, Value* out) except -1:
    return _unless_zero(out, state.thread.clone_ts) if state.thread is not None else 0


cdef int _ppid_ts(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = state.threads.parent(state.thread) if state.thread is not None else None
    return give_uint(out, parent.clone_ts) if parent is not None else 0


cdef int _duration(State state, Extractor self, Value* out) except -1:
    if state.thread is None or state.thread.clone_ts == 0:
        return 0
    return give_int(out, <int64_t>(state.evt.ts - state.thread.clone_ts))


cdef int _ppid_duration(State state, Extractor self, Value* out) except -1:
    """Time since the parent was cloned. Where that is not known libsinsp falls into the next case of its switch, the number of
    open files, and rules count on a value being there."""
    cdef ThreadInfo parent = parent_process(state)
    if parent is None:
        return 0
    if parent.clone_ts == 0:
        return give_int(out, _open_count(state.thread))
    return give_int(out, <int64_t>(state.evt.ts - parent.clone_ts))


# ---- sizes and counts

cdef int _vmsize(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.vmsize_kb) if state.thread is not None else 0


cdef int _vmrss(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.vmrss_kb) if state.thread is not None else 0


cdef int _vmswap(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.vmswap_kb) if state.thread is not None else 0


cdef int _nthreads(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    return give_uint(out, state.thread.tgroup.alive if state.thread.tgroup is not None else 0)


cdef int _nchilds(State state, Extractor self, Value* out) except -1:
    """Living threads of the process besides its leader."""
    cdef ThreadInfo thread = state.thread
    cdef ThreadInfo main
    cdef int64_t count
    if thread is None:
        return 0
    if thread.tgroup is None:
        return give_uint(out, 0)
    count = thread.tgroup.alive
    main = thread if thread.is_main() else thread.main
    return give_uint(out, count - 1 if main is not None and not main.is_dead() else count)


# ---- open files

cdef inline int64_t _limit(ThreadInfo thread):
    cdef ThreadInfo main = thread if thread.is_main() else thread.main
    return main.fdlimit if main is not None else 0


cdef int _fdopencount(State state, Extractor self, Value* out) except -1:
    return give_uint(out, <uint64_t>_open_count(state.thread)) if state.thread is not None else 0


cdef int _fdlimit(State state, Extractor self, Value* out) except -1:
    return give_int(out, _limit(state.thread)) if state.thread is not None else 0


cdef int _fdusage(State state, Extractor self, Value* out) except -1:
    """Open files in percent of the limit."""
    cdef int64_t used, limit
    if state.thread is None:
        return 0
    used = _open_count(state.thread)
    limit = _limit(state.thread)
    out.kind = VK_DOUBLE
    out.d = 0.0
    if limit > 0:
        out.d = <double>used * 100.0 / <double>limit if used <= limit else 100.0
    return 1


cdef inline FdInfo _standard(State state, int64_t fd):
    cdef FdTable table = state.thread.fds() if state.thread is not None else None
    return table.get(fd) if table is not None else None


cdef inline int _standard_type(State state, Value* out, int64_t fd) except -1:
    cdef FdInfo info = _standard(state, fd)
    return give_bytes(out, <bytes>TYPE_NAMES.get(info.type, b"<NA>")) if info is not None else 0


cdef inline int _standard_name(State state, Extractor self, Value* out, int64_t fd) except -1:
    cdef FdInfo info = _standard(state, fd)
    return self.give(info.name, out) if info is not None else 0


cdef int _stdin_type(State state, Extractor self, Value* out) except -1:
    return _standard_type(state, out, 0)


cdef int _stdout_type(State state, Extractor self, Value* out) except -1:
    return _standard_type(state, out, 1)


cdef int _stderr_type(State state, Extractor self, Value* out) except -1:
    return _standard_type(state, out, 2)


cdef int _stdin_name(State state, Extractor self, Value* out) except -1:
    return _standard_name(state, self, out, 0)


cdef int _stdout_name(State state, Extractor self, Value* out) except -1:
    return _standard_name(state, self, out, 1)


cdef int _stderr_name(State state, Extractor self, Value* out) except -1:
    return _standard_name(state, self, out, 2)


# ---- why it runs in its container

cdef int _is_healthcheck(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.category == CAT_HEALTHCHECK) if state.thread is not None else 0


cdef int _is_liveness_probe(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.category == CAT_LIVENESS_PROBE) if state.thread is not None else 0


cdef int _is_readiness_probe(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.category == CAT_READINESS_PROBE) if state.thread is not None else 0


register("proc.is_exe_writable", _is_exe_writable, NEED_THREAD)
register("proc.is_exe_upper_layer", _is_exe_upper_layer, NEED_THREAD)
register("proc.is_exe_lower_layer", _is_exe_lower_layer, NEED_THREAD)
register("proc.is_exe_from_memfd", _is_exe_from_memfd, NEED_THREAD)
register("proc.exe_ino", _exe_ino, NEED_THREAD)
register("proc.exe_ino.ctime", _exe_ino_ctime, NEED_THREAD)
register("proc.exe_ino.mtime", _exe_ino_mtime, NEED_THREAD)
register("proc.exe_ino.ctime_duration_proc_start", _ctime_to_clone, NEED_THREAD)
register("proc.exe_ino.ctime_duration_pidns_start", _pidns_to_ctime, NEED_THREAD)
register("proc.pidns_init_start_ts", _pidns_start, NEED_THREAD)
register("proc.pid.ts", _pid_ts, NEED_THREAD)
register("proc.ppid.ts", _ppid_ts, NEED_THREAD)
register("proc.duration", _duration, NEED_THREAD)
register("proc.ppid.duration", _ppid_duration, NEED_THREAD | NEED_FD)
register("proc.vmsize", _vmsize, NEED_THREAD)
register("proc.vmrss", _vmrss, NEED_THREAD)
register("proc.vmswap", _vmswap, NEED_THREAD)
register("proc.nthreads", _nthreads, NEED_THREAD)
register("proc.nchilds", _nchilds, NEED_THREAD)
register("proc.fdopencount", _fdopencount, NEED_THREAD | NEED_FD)
register("proc.fdlimit", _fdlimit, NEED_THREAD)
register("proc.fdusage", _fdusage, NEED_THREAD | NEED_FD)
register("proc.stdin.type", _stdin_type, NEED_THREAD | NEED_FD)
register("proc.stdout.type", _stdout_type, NEED_THREAD | NEED_FD)
register("proc.stderr.type", _stderr_type, NEED_THREAD | NEED_FD)
register("proc.stdin.name", _stdin_name, NEED_THREAD | NEED_FD)
register("proc.stdout.name", _stdout_name, NEED_THREAD | NEED_FD)
register("proc.stderr.name", _stderr_name, NEED_THREAD | NEED_FD)
register("proc.is_container_healthcheck", _is_healthcheck, NEED_THREAD)
register("proc.is_container_liveness_probe", _is_liveness_probe, NEED_THREAD)
register("proc.is_container_readiness_probe", _is_readiness_probe, NEED_THREAD)
