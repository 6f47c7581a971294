"""clone, clone3, fork and vfork: how a thread comes into the table.

Both sides report the call, in either order. The caller's event makes the child, unless a pid namespace hides the
child's real tid; the child's event makes it where the caller's did not (libs: userspace/libsinsp/parsers.cpp,
parse_clone_exit_caller and parse_clone_exit_child).
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from csyspy.engine.event cimport Event, MAX_EVENT_TYPES, event_param, param_i64, param_u64
from csyspy.engine.fds cimport FDF_IS_CLONED, FdInfo, FdTable
from csyspy.engine.handlers.containers cimport take_cgroups
from csyspy.engine.handlers.dispatch cimport handle_all, text_param
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, PRODUCER_OLD, State
from csyspy.engine.threads cimport (
    CL_CHILD_IN_PIDNS, CL_CLONE_FILES, CL_CLONE_INVERTED, CL_CLONE_NEWPID, CL_CLONE_PARENT, CL_CLONE_THREAD, ThreadInfo,
)

from csyspy.events import EVENT_TABLE

cdef uint32_t NO_UID = 0xFFFFFFFF
cdef uint64_t STALE_NS = 2_000_000_000    # libs: CLONE_STALE_TIME_NS; an older entry for the tid is of a thread that is gone

cdef enum:
    ABSENT = 255
    RES = 0
    EXE = 1
    ARGS = 2
    PID = 4
    PTID = 5
    FDLIMIT = 7

cdef struct Places:      # where an event type holds what not all have, or not all at the same place; ABSENT
    uint8_t memory       # pgft_maj, pgft_min, vm_size, vm_rss, vm_swap
    uint8_t comm
    uint8_t cgroups
    uint8_t flags
    uint8_t uid          # gid follows
    uint8_t vtid         # vpid follows
    uint8_t pidns_start

cdef Places PLACES[MAX_EVENT_TYPES]


cdef void _find_places() except *:
    cdef Places* places
    for event in EVENT_TABLE["events"]:
        if event["dir"] != "<" or event["name"] not in ("clone", "clone3", "fork", "vfork"):
            continue
        at = {param["name"]: i for i, param in enumerate(event["params"])}
        places = &PLACES[<int>event["id"]]
        places.memory = at.get("pgft_maj", ABSENT)
        places.comm = at.get("comm", EXE)
        places.cgroups = at.get("cgroups", ABSENT)
        places.flags = at["flags"]
        places.uid = at["uid"]
        places.vtid = at.get("vtid", ABSENT)
        places.pidns_start = at.get("pidns_init_start_ts", ABSENT)


_find_places()


cdef int _set_args(ThreadInfo info, Event* e) except -1:
    cdef const uint8_t* p
    cdef uint32_t n
    if event_param(e, ARGS, &p, &n):
        info.set_args(p, n)
    return 0


cdef int _fill_from_event(State state, ThreadInfo child) except -1:
    """What the event says about the child, whoever reports it."""
    cdef Event* e = &state.evt
    cdef Places* places = &PLACES[e.type]
    cdef const uint8_t* p
    cdef uint32_t n
    child.fdlimit = param_i64(e, FDLIMIT, -1)
    if places.memory != ABSENT:
        child.pfmajor = param_u64(e, places.memory, 0)
        child.pfminor = param_u64(e, places.memory + 1, 0)
        child.vmsize_kb = <uint32_t>param_u64(e, places.memory + 2, 0)
        child.vmrss_kb = <uint32_t>param_u64(e, places.memory + 3, 0)
        child.vmswap_kb = <uint32_t>param_u64(e, places.memory + 4, 0)
    child.uid = <uint32_t>param_u64(e, places.uid, 0)
    child.gid = <uint32_t>param_u64(e, places.uid + 1, 0)
    if places.cgroups != ABSENT and event_param(e, places.cgroups, &p, &n):
        take_cgroups(state, child, p, n)
    child.clone_ts = e.ts
    return 0


cdef int _fill_from_thread(ThreadInfo child, ThreadInfo other) except -1:
    """What a new thread has from the one that made it (or from its leader)."""
    child.set_exepath(other.exepath)
    child.exe_writable = other.exe_writable
    child.exe_upper_layer = other.exe_upper_layer
    child.exe_lower_layer = other.exe_lower_layer
    child.exe_from_memfd = other.exe_from_memfd
    child.root = other.root
    child.sid = other.sid
    child.vpgid = other.vpgid
    child.pgid = other.pgid
    child.tty = other.tty
    child.loginuid = other.loginuid
    child.cap_permitted = other.cap_permitted
    child.cap_inheritable = other.cap_inheritable
    child.cap_effective = other.cap_effective
    child.exe_ino = other.exe_ino
    child.exe_ino_ctime = other.exe_ino_ctime
    child.exe_ino_mtime = other.exe_ino_mtime
    child.exe_ino_ctime_duration_clone_ts = other.exe_ino_ctime_duration_clone_ts
    return 0


cdef int _inherit_process(State state, ThreadInfo child, ThreadInfo parent) except -1:
    """What a new process copies: open files, working directory, environment."""
    cdef FdTable table
    cdef FdInfo info
    if state.needs & NEED_FD:
        table = parent.fds()
        if table is not None:
            child.own_fds = table.copy()
            for info in child.own_fds.items():
                info.flags |= FDF_IS_CLONED
    child.cwd = parent.get_cwd()
    child.old_style_cwd = parent.get_old_style_cwd()
    if child.old_style_cwd == child.cwd:
        child.old_style_cwd = None
    child.env = parent.env
    return 0


cdef int _caller(State state, int64_t child_tid) except -1:
    cdef Event* e = &state.evt
    cdef Places* places = &PLACES[e.type]
    cdef ThreadInfo caller = state.threads.find_or_invent(e.tid)
    cdef ThreadInfo child
    cdef bint valid = True
    cdef bint collision = False
    cdef bint old_style = state.producer == PRODUCER_OLD
    cdef bint made_up, in_container
    cdef uint32_t flags
    state.thread = caller
    if caller is None:
        return 0
    made_up = old_style and _seems_made_up(caller)
    if caller.is_invalid():
        valid = False
        caller.pid = param_i64(e, PID, -1)
        caller.ptid = param_i64(e, PTID, -1)
        caller.vtid = e.tid
        caller.vpid = -1
        if places.vtid != ABSENT:
            caller.vtid = param_i64(e, places.vtid, -1)
            caller.vpid = param_i64(e, places.vtid + 1, -1)
        state.threads.link_one(caller)
    flags = <uint32_t>param_u64(e, places.flags, 0)
    if flags & (CL_CHILD_IN_PIDNS | CL_CLONE_NEWPID | CL_CLONE_PARENT) or e.tid != caller.vtid:
        # `child_tid` counts in another namespace; the child will say who it is
        in_container = flags & CL_CHILD_IN_PIDNS or e.tid != caller.vtid
        if old_style and not in_container:
            if made_up:
                _name_anew(state, caller, text_param(e, places.comm))
            _announce(state, caller, child_tid, text_param(e, places.comm))
        return 0
    if made_up:
        _name_anew(state, caller, text_param(e, places.comm) if valid else None)
    child = state.threads.find(child_tid)
    if child is not None:
        if child.flags & CL_CLONE_INVERTED:
            return 0
        state.threads.remove(child_tid)
        collision = True
    child = ThreadInfo()
    child.tid = child_tid
    child.flags = flags
    if flags & CL_CLONE_THREAD:
        child.pid = caller.pid
        child.ptid = caller.ptid
        child.flags |= CL_CLONE_FILES
        child.lastexec_ts = caller.lastexec_ts
    else:
        child.pid = child_tid
        child.ptid = caller.tid
        if valid:
            _inherit_process(state, child, caller)
    child.vtid = child.tid
    child.vpid = child.pid
    child.exe = text_param(e, EXE)
    _set_args(child, e)
    child.comm = text_param(e, places.comm)
    _fill_from_event(state, child)
    if valid:
        _fill_from_thread(child, caller)
    else:
        caller.exe = child.exe
        caller.comm = child.comm
        _set_args(caller, e)
        caller.changed()
    state.threads.add(child, False)
    if collision:
        state.thread = state.threads.find(e.tid)
    return 0


cdef int _announce(State state, ThreadInfo caller, int64_t child_tid, bytes comm) except -1:
    """A child that has not spoken yet, under a name that may or may not be its own: sysdig 0.29.3 takes it for its own."""
    cdef FdTable table = caller.fds() if state.needs & NEED_FD else None
    return state.remember(child_tid, comm, table.copy() if table is not None else None)


cdef int _take_over(ThreadInfo child, FdTable table) except -1:
    """With CLONE_PARENT the parent is not who called. libs copy its open files all the same; sysdig 0.29.3 shows the caller's."""
    cdef FdInfo info
    if child.own_fds is None:
        child.own_fds = FdTable()
    child.own_fds.old_style = table
    for info in table.items():
        info.flags |= FDF_IS_CLONED
    return 0


cdef bint _seems_made_up(ThreadInfo thread) except -1:
    """Whether sysdig 0.29.3 takes a thread for made up: it has neither a name nor a user."""
    return thread.uid == NO_UID and thread.old_style_comm is None and thread.comm == b"<NA>"


cdef int _name_anew(State state, ThreadInfo model, bytes comm) except -1:
    """sysdig 0.29.3 puts a new thread in the place of one that was made up when it makes another, and calls it as that one."""
    model.old_style_comm = comm
    model.old_style_cwd = b""
    if state.needs & NEED_FD and model.own_fds is not None:
        model.own_fds.old_style = FdTable()
    return 0


cdef int _follow_old_style(State state, ThreadInfo child, ThreadInfo parent) except -1:
    """A process whose parent was made up has nothing from it; in sysdig 0.29.3 it has, once the parent has a name."""
    cdef FdTable table
    if _seems_made_up(parent):
        return _name_anew(state, parent, child.comm)
    child.old_style_cwd = parent.get_old_style_cwd()
    if state.needs & NEED_FD and parent.own_fds is not None:
        table = parent.own_fds if parent.own_fds.old_style is None else parent.own_fds.old_style
        child.own_fds = FdTable()
        child.own_fds.old_style = table.copy()
    return 0


cdef int _child(State state) except -1:
    cdef Event* e = &state.evt
    cdef Places* places = &PLACES[e.type]
    cdef ThreadInfo child = state.thread
    cdef ThreadInfo model
    cdef bint leader
    if child is not None and not child.is_invalid():
        if child.clone_ts == 0 or e.ts - child.clone_ts < STALE_NS:
            # The process list was read after the clone and knows it already, or the parent's event has told of it.
            return 0
        state.threads.remove(e.tid)
    child = ThreadInfo()
    child.tid = e.tid
    child.pid = param_i64(e, PID, -1)
    child.ptid = param_i64(e, PTID, -1)
    child.vtid = child.tid
    if places.vtid != ABSENT:
        child.vtid = param_i64(e, places.vtid, -1)
        child.vpid = param_i64(e, places.vtid + 1, -1)
    child.flags = <uint32_t>param_u64(e, places.flags, 0) | CL_CLONE_INVERTED
    leader = not child.flags & CL_CLONE_THREAD
    if not leader:
        child.flags |= CL_CLONE_FILES
    # Whom to copy: a process its parent, a thread its leader.
    model = state.threads.find_or_invent(child.ptid if leader else child.pid)
    if model is None:
        state.thread = None
        return 0
    child.exe = text_param(e, EXE)
    child.comm = text_param(e, places.comm)
    _set_args(child, e)
    announced = state.ghosts.pop(e.tid, None) if state.ghosts else None
    if not model.is_invalid():
        if state.producer == PRODUCER_OLD and _seems_made_up(model):
            _name_anew(state, model, child.comm)
        _fill_from_thread(child, model)
        if leader:
            _inherit_process(state, child, model)
            if announced is not None and announced[1] is not None:
                _take_over(child, announced[1])
        else:
            child.lastexec_ts = model.lastexec_ts
    elif leader:
        if state.producer == PRODUCER_OLD:
            _follow_old_style(state, child, model)
    else:
        if state.producer == PRODUCER_OLD:
            _name_anew(state, model, None)
        model.pid = child.pid
        model.ptid = child.ptid
        model.vpid = child.vpid
        model.vtid = model.vpid
        state.threads.link_one(model)
        model.exe = child.exe
        model.comm = child.comm
        _set_args(model, e)
        model.changed()
    _fill_from_event(state, child)
    if places.pidns_start != ABSENT and e.nparams > places.pidns_start:
        # libs mean to add the time of boot to it, but have none while they read a capture.
        if child.flags & (CL_CHILD_IN_PIDNS | CL_CLONE_NEWPID) or child.tid != child.vtid:
            child.pidns_init_start_ts = param_u64(e, places.pidns_start, 0)
    state.thread = state.threads.add(child, False)
    return 0


cdef int clone_exit(State state) except -1:
    cdef int64_t result = param_i64(&state.evt, RES, -1)
    if result == 0:
        _child(state)
    elif result > 0:
        _caller(state, result)
    return 0


handle_all(("CLONE_11_X", "CLONE_16_X", "CLONE_17_X", "CLONE_20_X", "CLONE3_X", "FORK_X", "FORK_17_X", "FORK_20_X",
            "VFORK_X", "VFORK_17_X", "VFORK_20_X"), clone_exit, NEED_THREAD)
