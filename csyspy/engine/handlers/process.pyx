"""What system calls change about the calling process: its end, working directory, limits, ids, session, memory sizes.

Libs: userspace/libsinsp/parsers.cpp. Calls whose arguments older producers gave in the enter event only have them as
further parameters of the exit event in exit-only captures; `_argument` reads whichever is there.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from csyspy.engine.event cimport Event, param_i64, param_u64
from csyspy.engine.handlers.containers cimport resolve_container
from csyspy.engine.handlers.dispatch cimport enter_event, handle_all, text_param
from csyspy.engine.path cimport join_path
from csyspy.engine.state cimport NEED_THREAD, PRODUCER_NEWEST, PRODUCER_OLD, State
from csyspy.engine.threads cimport CL_CLONE_NEWUSER, ThreadInfo

cdef enum:
    RES = 0
    RLIMIT_NOFILE = 7            # PPM_RLIMIT_NOFILE
    PR_SET_CHILD_SUBREAPER = 36
    PR_GET_CHILD_SUBREAPER = 37
    SETNS_X = 241
    REAPER_TID = 4

cdef uint64_t ALL_CAPABILITIES = (<uint64_t>1 << 41) - 1     # libs: utils.cpp, get_max_caps
cdef int64_t ALL_ONES = 0xFFFFFFFF
cdef int64_t NOTHING = <int64_t>1 << 40     # no 32-bit argument is that


cdef int64_t _argument(State state, uint32_t exit_index, uint32_t enter_index, int64_t missing) noexcept:
    """An argument of the call: the exit event's parameter in exit-only captures, else the enter event's."""
    cdef Event* enter
    if state.producer == PRODUCER_NEWEST or state.evt.nparams > exit_index:
        return param_i64(&state.evt, exit_index, missing)
    enter = enter_event(state)
    return param_i64(enter, enter_index, missing) if enter != NULL else missing


cdef int thread_exit(State state) except -1:
    cdef ThreadInfo thread = state.thread
    if thread is None:
        return 0
    if state.producer == PRODUCER_OLD and thread.is_main() and thread.tgroup is not None and thread.tgroup.alive > 1:
        state.remember(thread.tid, thread.comm, None)
    state.threads.mark_dead(thread)
    state.deferred.append(thread.tid)
    if thread.children:
        thread.reaper_tid = param_i64(&state.evt, REAPER_TID, -1)
    return 0


cdef int chdir_exit(State state) except -1:
    cdef bytes path
    if state.thread is not None and param_i64(&state.evt, RES, -1) >= 0:
        path = text_param(&state.evt, 1)
        state.thread.set_cwd(path, path)
    return 0


cdef int fchdir_exit(State state) except -1:
    if state.thread is not None and state.fd is not None and param_i64(&state.evt, RES, -1) >= 0:
        state.thread.set_cwd(state.fd.name, state.fd.name if state.fd.old_style_name is None else state.fd.old_style_name)
    return 0


cdef int rlimit_exit(State state) except -1:
    """getrlimit and setrlimit."""
    cdef int64_t limit = param_i64(&state.evt, 1, -1)
    cdef ThreadInfo main
    if state.thread is None or limit == -1 or param_i64(&state.evt, RES, -1) < 0:
        return 0
    if _argument(state, 3, 0, -1) == RLIMIT_NOFILE:
        main = state.thread if state.thread.is_main() else state.thread.main
        if main is not None:
            main.fdlimit = limit
            main.changed()
    return 0


cdef int prlimit_exit(State state) except -1:
    cdef int64_t limit = param_i64(&state.evt, 1, -1)
    cdef int64_t tid
    cdef ThreadInfo thread
    if limit == -1 or param_i64(&state.evt, RES, -1) < 0 or _argument(state, 6, 1, -1) != RLIMIT_NOFILE:
        return 0
    tid = _argument(state, 5, 0, -1)
    if tid < 0:
        return 0
    thread = state.threads.find_or_invent(tid if tid else state.evt.tid)
    if thread is None or thread.is_invalid():
        return 0
    if not thread.is_main():
        thread = thread.main
    if thread is not None:
        thread.fdlimit = limit
        thread.changed()
    return 0


cdef int64_t _id_argument(State state, uint32_t exit_index, uint32_t enter_index) noexcept:
    """A user or group id among the arguments, 0 to 2**32 - 1; -1 where it is not there."""
    cdef int64_t value = _argument(state, exit_index, enter_index, NOTHING)
    return -1 if value == NOTHING else value & ALL_ONES


cdef int _set_user(State state, int64_t uid) except -1:
    if state.thread is not None and uid >= 0:
        state.thread.uid = <uint32_t>uid
        state.thread.changed()
    return 0


cdef int _set_group(State state, int64_t gid) except -1:
    if state.thread is not None and gid >= 0:
        state.thread.gid = <uint32_t>gid
        state.thread.changed()
    return 0


cdef bint _keeps(State state, int64_t value) noexcept:
    """Whether `value` is the -1 that leaves an effective id as it is; libs of exit-only captures store it all the same."""
    return value == ALL_ONES and state.producer != PRODUCER_NEWEST


cdef int setresuid_exit(State state) except -1:
    cdef int64_t euid
    if param_i64(&state.evt, RES, -1) == 0:
        euid = _id_argument(state, 2, 1)
        if not _keeps(state, euid):
            _set_user(state, euid)
    return 0


cdef int setresgid_exit(State state) except -1:
    cdef int64_t egid
    if param_i64(&state.evt, RES, -1) == 0:
        egid = _id_argument(state, 2, 1)
        if not _keeps(state, egid):
            _set_group(state, egid)
    return 0


cdef int64_t _second_id(State state) noexcept:
    """What libsinsp takes for the effective id of setreuid and setregid: until 0.20 it is the first one, the real id."""
    cdef int64_t value = param_i64(&state.evt, 2 if state.producer == PRODUCER_NEWEST else 1, NOTHING)
    return -1 if value == NOTHING else value & ALL_ONES


cdef int setreuid_exit(State state) except -1:
    cdef int64_t euid = _second_id(state)
    if param_i64(&state.evt, RES, -1) == 0 and not _keeps(state, euid):
        _set_user(state, euid)
    return 0


cdef int setregid_exit(State state) except -1:
    cdef int64_t egid = _second_id(state)
    if param_i64(&state.evt, RES, -1) == 0 and not _keeps(state, egid):
        _set_group(state, egid)
    return 0


cdef int setuid_exit(State state) except -1:
    if param_i64(&state.evt, RES, -1) == 0:
        _set_user(state, _id_argument(state, 1, 0))
    return 0


cdef int setgid_exit(State state) except -1:
    if param_i64(&state.evt, RES, -1) == 0:
        _set_group(state, _id_argument(state, 1, 0))
    return 0


cdef int setsid_exit(State state) except -1:
    cdef int64_t sid = param_i64(&state.evt, RES, -1)
    if state.thread is not None and sid >= 0:
        state.thread.sid = sid
        state.thread.changed()
    return 0


cdef int prctl_exit(State state) except -1:
    cdef uint64_t option
    if state.thread is None or state.thread.is_invalid() or state.thread.tgroup is None or param_i64(&state.evt, RES, -1) < 0:
        return 0
    option = param_u64(&state.evt, 1, 0)
    if option == PR_SET_CHILD_SUBREAPER or option == PR_GET_CHILD_SUBREAPER:
        state.thread.tgroup.reaper = param_i64(&state.evt, 3, 0) != 0
    return 0


cdef int chroot_exit(State state) except -1:
    cdef bytes path
    if state.thread is None or param_i64(&state.evt, RES, -1) != 0:
        return 0
    path = text_param(&state.evt, 1)
    if not path.startswith(b"/") and path != b"<NA>":
        path = join_path(state.thread.get_cwd(), path, <uint32_t>len(path))
    state.thread.root = path
    resolve_container(state, state.thread)
    return 0


cdef int capset_exit(State state) except -1:
    cdef ThreadInfo thread = state.thread
    if thread is not None and param_i64(&state.evt, RES, -1) >= 0:
        thread.cap_inheritable = param_u64(&state.evt, 1, 0)
        thread.cap_permitted = param_u64(&state.evt, 2, 0)
        thread.cap_effective = param_u64(&state.evt, 3, 0)
        thread.changed()
    return 0


cdef int namespace_exit(State state) except -1:
    """unshare and setns: who enters a new user namespace has every capability there."""
    cdef ThreadInfo thread = state.thread
    cdef int64_t flags
    if thread is None or param_i64(&state.evt, RES, -1) < 0:
        return 0
    if state.evt.type == SETNS_X:
        flags = _argument(state, 2, 1, 0)
    else:
        flags = _argument(state, 1, 0, 0)
    if flags & CL_CLONE_NEWUSER:
        thread.cap_inheritable = thread.cap_permitted = thread.cap_effective = ALL_CAPABILITIES
        thread.changed()
    return 0


cdef int memory_exit(State state) except -1:
    """brk, mmap, mmap2, munmap."""
    cdef ThreadInfo thread = state.thread
    if thread is not None and state.evt.nparams > 3:
        thread.vmsize_kb = <uint32_t>param_u64(&state.evt, 1, thread.vmsize_kb)
        thread.vmrss_kb = <uint32_t>param_u64(&state.evt, 2, thread.vmrss_kb)
        thread.vmswap_kb = <uint32_t>param_u64(&state.evt, 3, thread.vmswap_kb)
    return 0


cdef int switch_enter(State state) except -1:
    cdef ThreadInfo thread = state.thread
    cdef ThreadInfo main
    if thread is None or state.evt.nparams < 6:
        return 0
    thread.pfmajor = param_u64(&state.evt, 1, 0)
    thread.pfminor = param_u64(&state.evt, 2, 0)
    main = thread if thread.is_main() else thread.main
    if main is not None:
        main.vmsize_kb = <uint32_t>param_u64(&state.evt, 3, 0)
        main.vmrss_kb = <uint32_t>param_u64(&state.evt, 4, 0)
        main.vmswap_kb = <uint32_t>param_u64(&state.evt, 5, 0)
    return 0


handle_all(("PROCEXIT_E", "PROCEXIT_1_E"), thread_exit, NEED_THREAD)
handle_all(("CHDIR_X", "GETCWD_X"), chdir_exit, NEED_THREAD)
handle_all(("FCHDIR_X",), fchdir_exit, NEED_THREAD)
handle_all(("GETRLIMIT_X", "SETRLIMIT_X"), rlimit_exit, NEED_THREAD)
handle_all(("PRLIMIT_X",), prlimit_exit, NEED_THREAD)
handle_all(("SETRESUID_X",), setresuid_exit, NEED_THREAD)
handle_all(("SETRESGID_X",), setresgid_exit, NEED_THREAD)
handle_all(("SETREUID_X",), setreuid_exit, NEED_THREAD)
handle_all(("SETREGID_X",), setregid_exit, NEED_THREAD)
handle_all(("SETUID_X",), setuid_exit, NEED_THREAD)
handle_all(("SETGID_X",), setgid_exit, NEED_THREAD)
handle_all(("SETSID_X",), setsid_exit, NEED_THREAD)
handle_all(("PRCTL_X",), prctl_exit, NEED_THREAD)
handle_all(("CHROOT_X",), chroot_exit, NEED_THREAD)
handle_all(("CAPSET_X",), capset_exit, NEED_THREAD)
handle_all(("UNSHARE_X", "SETNS_X"), namespace_exit, NEED_THREAD)
handle_all(("BRK_4_X", "MMAP_X", "MMAP2_X", "MUNMAP_X"), memory_exit, NEED_THREAD)
handle_all(("SCHEDSWITCH_6_E",), switch_enter, NEED_THREAD)
