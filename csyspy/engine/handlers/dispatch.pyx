"""What an event does to the state: one table from event id to handler, and the bookkeeping round it.

The order of things is that of `libs: userspace/libsinsp/sinsp.cpp, sinsp::next` and `parsers.cpp, sinsp_parser::reset`.
"""

from libc.stdint cimport int8_t, int64_t, uint16_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from csyspy.engine.blocks cimport load_u32
from csyspy.engine.event cimport (
    EF_LARGE_PAYLOAD, EF_SKIPPARSERESET, EF_USES_FD, EVENT_COUNT, EVENTS, MAX_EVENT_TYPES, MAX_PARAMS, event_decode, param_i64, param_str,
)
from csyspy.engine.fds cimport FD_IPV4_SOCK, FD_IPV6_SOCK, FdInfo, FdTable
from csyspy.engine.join cimport join_params
from csyspy.engine.state cimport NEED_CPU, NEED_ENTER, NEED_FD, NEED_LATENCY, PRODUCER_NEWEST
from csyspy.engine.threads cimport CL_ACTIVE, ThreadInfo, others_changed
from csyspy.engine.verdicts cimport Verdict

from csyspy.events import EVENT_TABLE

cdef enum Lookup:
    LOOK_INVENT = 0     # a thread nobody announced is made up
    LOOK_FIND = 1       # only threads of the table
    LOOK_BARE = 2       # likewise, and enter and exit are not paired
    LOOK_LENT = 3       # the event is nobody's, but fields look up its tid (libs: event.cpp, get_thread_info)
    LOOK_NONE = 4       # the event is nobody's

cdef enum:
    LARGE_ROOM = 1024
    MAX_KEPT = 16384    # libs: SP_EVT_BUF_SIZE; longer enter events are not kept
    NOWHERE = -1
    EXECVE_18_X = 289
    EXECVE_19_X = 293
    EXECVEAT_E = 330

cdef enum Capture:
    WITH_ENTER = 1      # enter and exit events, as libs 0.20 reads them
    EXIT_ONLY = 2

cdef struct Plan:       # what to do with an event type before its handler
    Handler handler
    uint32_t needs      # of the handler
    uint8_t lookup
    bint keep           # enter events whose parameters the exit event's handler wants
    uint8_t uses_fd     # Capture bits: in which captures the event works on an fd
    int8_t fd_at        # parameter that holds the fd: of an enter event, or of an exit event without its partner
    int8_t fd_late      # likewise in exit-only captures
    bint copied         # enter event whose fd libs 0.20 copies into the exit event where a producer left it out
    bint fd_always      # the exit event's own fd goes before the enter event's
    uint8_t joined      # parameters of an old exit event that libs 0.20 appends those of the enter event to; 0 for others
    uint8_t joinable    # likewise the newest libs, which have no enter events (State.joins)
    bint on_sockets     # the handler does nothing unless the event works on an IP socket

cdef Plan PLANS[MAX_EVENT_TYPES]
cdef Event ENTER        # scratch of enter_event()
cdef dict EVENT_IDS = {}

# libs: parsers.cpp, sinsp_parser::reset: threads of these are not made up where they are unknown …
LOOKS_ONLY = ("CLONE_11_X", "CLONE_16_X", "CLONE_17_X", "CLONE_20_X", "FORK_X", "FORK_17_X", "FORK_20_X",
              "VFORK_X", "VFORK_17_X", "VFORK_20_X", "CLONE3_X", "PROCEXIT_E", "PROCEXIT_1_E")
# … and these have none.
NOBODYS = ("CONTAINER_JSON_E", "CONTAINER_JSON_2_E", "USER_ADDED_E", "USER_DELETED_E", "GROUP_ADDED_E", "GROUP_DELETED_E",
           "PLUGINEVENT_E", "ASYNCEVENT_E")
# Enter events kept for their exit (libs: parsers.cpp, the calls of store_event).
KEPT = ("SENDTO_E", "OPEN_E", "CREAT_E", "OPENAT_E", "OPENAT_2_E", "OPENAT2_E", "EVENTFD_E", "EVENTFD2_E", "CHDIR_E", "FCHDIR_E",
        "LINK_E", "LINKAT_E", "MKDIR_E", "RMDIR_E", "SHUTDOWN_E", "GETRLIMIT_E", "SETRLIMIT_E", "PRLIMIT_E", "SENDMSG_E",
        "SENDFILE_E", "SETRESUID_E", "SETRESGID_E", "SETUID_E", "SETGID_E", "SETPGID_E", "UNLINK_E", "UNLINKAT_E",
        "EXECVE_18_E", "EXECVE_19_E", "EXECVEAT_E", "UNSHARE_E", "SETNS_E")
# Where exit events hold their fd (libs 0.20: scap_event.c, get_exit_event_fd_location).
FD_IN_EXIT = {"LISTEN_X": 1, "READ_X": 2, "PREAD_X": 2, "BIND_X": 2, "COPY_FILE_RANGE_X": 1, "SENDMMSG_X": 1, "RECVMMSG_X": 1}
FD_IN_LATE = {"SPLICE_X": 2}    # likewise the newest libs, where it is not the first fd of the event
FD_NEWER = ("MMAP_X", "MMAP2_X", "SYMLINKAT_X", "UNLINKAT_2_X", "MKDIRAT_X", "FCHMODAT_X", "FCHOWNAT_X")   # no fd events in libs 0.20
# libs 0.20: userspace/libscap/engine/savefile/converter/table.cpp
FD_COPIED = ("READ_E", "PREAD_E", "BIND_E", "LISTEN_E", "SOCKET_E")
JOINED = {"READ_X": 2, "PREAD_X": 2, "BIND_X": 2, "SOCKET_X": 1, "LISTEN_X": 1}
FD_ALWAYS = ("COPY_FILE_RANGE_X", "SENDMMSG_X", "RECVMMSG_X")
FD_IN_ENTER = {"MMAP_E": 4, "MMAP2_E": 4, "SPLICE_E": 1}


cdef void handle(uint16_t evt_type, Handler fn, uint32_t needs) except *:
    PLANS[evt_type].handler = fn
    PLANS[evt_type].needs = needs


cdef void handle_all(tuple names, Handler fn, uint32_t needs) except *:
    for name in names:
        handle(EVENT_IDS[name], fn, needs)


cdef void keep_enter(uint16_t evt_type) except *:
    PLANS[evt_type].keep = True


cdef void only_on_sockets(uint16_t evt_type) except *:
    PLANS[evt_type].on_sockets = True


cdef dict ENTER_PARAMS = {event["id"] + 1: [param["name"] for param in event["params"]]
                          for event in EVENT_TABLE["events"] if event["dir"] == ">"}


cdef int _own_params(str name, dict event) except -1:
    """How many parameters of an exit event come before those of its enter event; 0 where these are not behind them."""
    enter = ENTER_PARAMS.get(event["id"]) if event["dir"] == "<" else None
    names = [param["name"] for param in event["params"]]
    return len(names) - len(enter) if enter and names[-len(enter):] == enter else 0


cdef void _make_plans() except *:
    cdef Plan* plan
    cdef uint32_t flags
    for event in EVENT_TABLE["events"]:
        plan = &PLANS[<int>event["id"]]
        flags = event["flags_value"]
        name = event["enum"].removeprefix("PPME_").removeprefix("SYSCALL_").removeprefix("SOCKET_")
        EVENT_IDS[name] = event["id"]
        if name == "PROCINFO_E" or name == "SCHEDSWITCH_6_E":
            plan.lookup = LOOK_BARE
        elif name in NOBODYS:
            plan.lookup = LOOK_NONE
        elif flags & EF_SKIPPARSERESET:
            plan.lookup = LOOK_LENT
        elif name in LOOKS_ONLY:
            plan.lookup = LOOK_FIND
        plan.keep = name in KEPT
        plan.uses_fd = WITH_ENTER | EXIT_ONLY if flags & EF_USES_FD else 0
        if name in FD_NEWER:
            plan.uses_fd = EXIT_ONLY
        plan.fd_always = name in FD_ALWAYS
        plan.copied = name in FD_COPIED
        plan.fd_late = NOWHERE
        plan.joined = JOINED.get(name.removesuffix("_E") + "_X" if name.endswith("_E") else name, 0)
        plan.joinable = _own_params(name, event)
        if event["dir"] == ">":
            plan.fd_at = FD_IN_ENTER.get(name, 0)
        else:
            plan.fd_at = FD_IN_EXIT.get(name, NOWHERE)
            fds = [i for i, param in enumerate(event["params"]) if param["type"] == "FD" and i > 0]
            plan.fd_late = FD_IN_LATE.get(name, fds[0] if fds else NOWHERE)


_make_plans()


cdef Event* enter_event(State state) noexcept:
    cdef ThreadInfo thread = state.thread
    cdef uint16_t wanted = state.evt.type - 1
    if thread is None or not thread.lastevent_valid or thread.enter_size == 0:
        return NULL
    if not event_decode(&ENTER, thread.enter_raw, thread.enter_size, thread.enter_header == 22):
        return NULL
    if ENTER.type != wanted and not (ENTER.type == EXECVEAT_E and (state.evt.type == EXECVE_18_X or state.evt.type == EXECVE_19_X)):
        # A successful execveat ends as an execve; anything else is the partner of an exit event that was lost.
        thread.lastevent_valid = False
        return NULL
    return &ENTER


cdef bytes text_param(Event* e, uint32_t i):
    cdef bytes text = param_str(e, i)
    return b"<NA>" if text is None else text


cdef int _keep(State state, ThreadInfo thread) except -1:
    """Store the enter event for enter_event()."""
    cdef uint8_t* room
    cdef uint32_t n = state.evt.size
    if n > MAX_KEPT:
        return 0
    if n > thread.enter_room:
        room = <uint8_t*>realloc(thread.enter_raw, n)
        if room == NULL:
            raise MemoryError
        thread.enter_raw = room
        thread.enter_room = n
    memcpy(thread.enter_raw, state.evt.raw, n)
    thread.enter_size = n
    thread.enter_header = state.evt.header
    return 0


cdef int find_fd(State state) except -1:
    cdef FdTable table
    cdef FdInfo info
    state.fd_due = False
    if state.fd_num < 0:
        return 0
    table = state.thread.fds()
    if table is None:
        return 0
    info = table.get(state.fd_num)
    if info is not None:
        if info.old_name is not info.name:
            info.old_name = info.name
        state.fd = info
    return 0


cdef inline int _enter(State state, Plan* plan, ThreadInfo thread) except -1:
    thread.lastevent_fd = -1
    thread.lastevent_type = state.evt.type
    thread.latency = 0
    thread.latency_entertime = state.evt.ts
    if plan.uses_fd and state.needs & NEED_FD:      # enter events mean the same in both
        thread.lastevent_fd = param_i64(&state.evt, plan.fd_at, -1)
        state.fd_num = thread.lastevent_fd
        state.fd_due = True
        if plan.copied:
            thread.copied_type = state.evt.type
            thread.copied_fd = thread.lastevent_fd
    if plan.keep or (state.needs & NEED_ENTER and (plan.joined or state.joins[state.evt.type])):
        _keep(state, thread)
    return 0


cdef inline int _exit(State state, Plan* plan, ThreadInfo thread) except -1:
    cdef uint16_t kind = state.evt.type
    cdef int8_t at
    if thread.latency_entertime != 0:
        thread.latency = state.evt.ts - thread.latency_entertime
    if kind == thread.lastevent_type + 1 or (thread.lastevent_type == EXECVEAT_E and (kind == EXECVE_18_X or kind == EXECVE_19_X)):
        thread.lastevent_valid = True
    else:
        # What the last enter event worked on may be something else altogether.
        thread.lastevent_valid = False
        thread.lastevent_fd = -1
    if plan.uses_fd & (EXIT_ONLY if state.exit_only else WITH_ENTER) and state.needs & NEED_FD:
        if plan.fd_always or thread.lastevent_fd == -1:
            at = plan.fd_late if state.producer == PRODUCER_NEWEST else plan.fd_at
            if at >= 0:
                thread.lastevent_fd = param_i64(&state.evt, at, -1)
                if <uint32_t>at >= state.evt.nparams and not plan.fd_always and not state.exit_only:
                    # libs 0.20 adds the parameter; 0 where it has not seen the enter event either.
                    thread.lastevent_fd = thread.copied_fd if thread.copied_type == kind - 1 else 0
        if plan.fd_at >= 0:
            thread.copied_type = 0
        state.fd_num = thread.lastevent_fd
        state.fd_due = True
    return 0


cdef void _forget_enter(ThreadInfo thread) noexcept:
    """The kept enter event has had its exit; its room stays for the next one, unless it is uncommonly large."""
    thread.enter_size = 0
    if thread.enter_room > LARGE_ROOM:
        free(thread.enter_raw)
        thread.enter_raw = NULL
        thread.enter_room = 0


cdef bint is_idle(State state, uint16_t evt_type) noexcept:
    cdef Plan* plan
    if evt_type >= EVENT_COUNT or state.needs & (NEED_LATENCY | NEED_CPU):
        return False
    plan = &PLANS[evt_type]
    return plan.lookup == LOOK_INVENT and (plan.handler == NULL or not plan.needs & state.needs)


cdef bint pass_over(State state, uint16_t evt_type, int64_t tid, uint64_t ts) noexcept:
    cdef ThreadInfo thread = state.threads.find(tid)
    if thread is None:
        return False
    thread.flags |= CL_ACTIVE
    if evt_type & 1:
        thread.lastevent_valid = False
        if evt_type != thread.lastevent_type + 1:
            thread.lastevent_fd = -1
        if thread.enter_size:
            _forget_enter(thread)
    else:
        thread.lastevent_fd = -1
        thread.lastevent_type = evt_type
        thread.latency = 0
        thread.latency_entertime = ts
    return True


cdef bint is_plain(State state, uint16_t evt_type, bint unseen) noexcept:
    cdef Plan* plan
    if evt_type >= EVENT_COUNT or state.needs & NEED_CPU or EVENTS[evt_type].flags & EF_LARGE_PAYLOAD:
        return False
    plan = &PLANS[evt_type]
    return ((plan.lookup == LOOK_INVENT or plan.lookup == LOOK_BARE)
            and (plan.handler == NULL or not plan.needs & state.needs or plan.on_sockets)
            and not plan.keep and not plan.fd_always
            and (unseen or not (state.needs & NEED_ENTER and (plan.joined or state.joins[evt_type]))))


cdef bint pass_unseen(State state, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept:
    cdef ThreadInfo thread
    cdef int64_t tid
    memcpy(&tid, raw + 8, 8)
    thread = state.threads.find(tid)
    return thread is not None and _pass_by(state, thread, evt_type, raw, size)


cdef bint pass_denied(State state, Verdict gate, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept:
    cdef ThreadInfo thread
    cdef int64_t tid
    memcpy(&tid, raw + 8, 8)
    thread = state.threads.find(tid)
    return thread is not None and gate.denies(thread) and _pass_by(state, thread, evt_type, raw, size)


cdef bint _pass_by(State state, ThreadInfo thread, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept:
    cdef Plan* plan = &PLANS[evt_type]
    cdef bint matched
    cdef uint64_t ts
    cdef int64_t fd = -1
    if plan.lookup == LOOK_BARE:
        return True
    memcpy(&ts, raw, 8)
    if evt_type & 1:
        matched = evt_type == thread.lastevent_type + 1
        if plan.uses_fd & (EXIT_ONLY if state.exit_only else WITH_ENTER) and state.needs & NEED_FD:
            if not matched or thread.lastevent_fd == -1 or (plan.on_sockets and _is_ip_socket(thread, thread.lastevent_fd)):
                return False
            if plan.fd_at >= 0:
                thread.copied_type = 0
        if thread.latency_entertime != 0:
            thread.latency = ts - thread.latency_entertime
        if not matched:
            thread.lastevent_fd = -1
        thread.lastevent_valid = False
        if thread.enter_size:
            _forget_enter(thread)
    else:
        if plan.uses_fd and state.needs & NEED_FD:
            if not _undecoded_fd(raw, size, plan.fd_at, &fd):
                return False
            if plan.copied:
                thread.copied_type = evt_type
                thread.copied_fd = fd
        thread.lastevent_fd = fd
        thread.lastevent_type = evt_type
        thread.latency = 0
        thread.latency_entertime = ts
    thread.flags |= CL_ACTIVE
    return True


cdef bint _is_ip_socket(ThreadInfo thread, int64_t fd) noexcept:
    cdef FdTable table = thread.fds()
    cdef FdInfo info = table.get(fd) if table is not None else None
    return info is not None and (info.type == FD_IPV4_SOCK or info.type == FD_IPV6_SOCK)


cdef inline bint _undecoded_fd(const uint8_t* raw, uint32_t size, int8_t at, int64_t* fd) noexcept nogil:
    """Parameter `at` of an event that nobody has decoded; False where it is not one of 8 bytes within the event."""
    cdef uint32_t count = load_u32(raw + 22)
    cdef uint32_t place = 26 + 2 * count
    cdef uint16_t length
    cdef int8_t i
    if at < 0 or <uint32_t>at >= count or count > MAX_PARAMS or place + 8 > size:
        return False
    for i in range(at):
        memcpy(&length, raw + 26 + 2 * i, 2)
        place += length
    memcpy(&length, raw + 26 + 2 * at, 2)
    if length != 8 or place + 8 > size:
        return False
    memcpy(fd, raw + place, 8)
    return True


cdef int apply(State state) except -1:
    cdef uint16_t kind = state.evt.type
    cdef Plan* plan
    cdef ThreadInfo thread
    # Mostly they are None already, and to store it again would wait for the reference count that the event before has just changed.
    if state.fd is not None:
        state.fd = None
    if state.evt_container is not None:
        state.evt_container = None
    state.fd_num = -1
    state.fd_due = False
    state.own_params = 0
    if kind >= EVENT_COUNT:
        state.thread = None
        return 0
    plan = &PLANS[kind]
    if plan.lookup == LOOK_INVENT:
        thread = state.threads.find_or_invent(state.evt.tid)
        if thread is not None:
            thread.flags |= CL_ACTIVE
    elif plan.lookup == LOOK_NONE:
        thread = None
    else:
        thread = state.threads.find(state.evt.tid)
    if state.thread is not thread:
        state.thread = thread
    state.lent_thread = plan.lookup == LOOK_LENT
    if thread is not None and plan.lookup < LOOK_BARE:
        if kind & 1:
            _exit(state, plan, thread)
        else:
            _enter(state, plan, thread)
    if plan.handler != NULL and plan.needs & state.needs:
        if state.fd_due:
            find_fd(state)
        plan.handler(state)
    if plan.joined and state.needs & NEED_ENTER and kind & 1 and state.evt.nparams == plan.joined and thread is not None:
        if thread.enter_size == 0 or not event_decode(&ENTER, thread.enter_raw, thread.enter_size, thread.enter_header == 22):
            ENTER.type = 0
        join_params(state, &ENTER if ENTER.type == kind - 1 else NULL)
    elif state.joins[kind] and kind & 1 and state.evt.nparams == plan.joinable and thread is not None and thread.enter_size:
        if event_decode(&ENTER, thread.enter_raw, thread.enter_size, thread.enter_header == 22) and ENTER.type == kind - 1:
            join_params(state, &ENTER)
    if state.thread is None:
        # Fields look the thread up once more (libs: event.cpp, get_thread_info).
        state.thread = state.threads.find(state.evt.tid)
    return 0


cdef int settle(State state) except -1:
    cdef ThreadInfo thread = state.thread
    if thread is not None and not state.lent_thread:
        if state.evt.type & 1:
            if thread.enter_size:
                _forget_enter(thread)
            thread.lastevent_valid = False
    if state.closing is not None:
        state.closing.remove(state.closing_fd)
        state.closing = None
    if state.deferred:
        _run_deferred(state)
    return 0


cdef int _run_deferred(State state) except -1:
    """Removals that waited until the event had been seen: of threads by tid, of containers by id."""
    cdef list todo = state.deferred
    state.deferred = []
    for item in todo:
        if isinstance(item, str):
            state.containers.pop(item, None)
            others_changed()
        else:
            state.threads.remove(item)
    return 0
