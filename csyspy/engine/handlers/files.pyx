"""Events that open, copy and close file descriptors of files and of what looks like one.

libs: userspace/libsinsp/parsers.cpp; 0.20 for captures with enter and exit events, the newest for exit-only ones.
"""

from libc.stdint cimport int8_t, int64_t, uint16_t, uint32_t, uint64_t

from csyspy.engine.event cimport MAX_EVENT_TYPES, Event, param_i64, param_u64
from csyspy.engine.fds cimport (
    FD_BPF,
    FD_DIRECTORY,
    FD_EVENT,
    FD_EVENTPOLL,
    FD_FIFO,
    FD_FILE_V2,
    FD_INOTIFY,
    FD_IOURING,
    FD_MEMFD,
    FD_PIDFD,
    FD_SIGNALFD,
    FD_TIMERFD,
    FD_UNINITIALIZED,
    FD_USERFAULTFD,
    FDF_OVERLAY_LOWER,
    FDF_OVERLAY_UPPER,
    FdInfo,
    FdTable,
    new_fd,
)
from csyspy.engine.handlers.dispatch cimport enter_event, keep_enter
from csyspy.engine.handlers.fdtable cimport (
    AT_FDCWD,
    O_CLOEXEC,
    O_DIRECTORY,
    O_F_CREATED,
    O_LOWER_LAYER,
    O_UPPER_LAYER,
    add_fd,
    dir_of,
    look_up,
    old_style_path,
    on,
    result,
    text_param,
)
from csyspy.engine.path cimport join_path
from csyspy.engine.state cimport PRODUCER_OLD, State
from csyspy.engine.threads cimport CL_PIPE_DST, CL_PIPE_SRC, ThreadInfo

from csyspy.events import EVENT_IDS

cdef enum:
    FCNTL_DUPFD = 1              # PPM_FCNTL_F_*
    FCNTL_SETFD = 3
    FCNTL_DUPFD_CLOEXEC = 26
    FD_CLOEXEC = 1               # argument of F_SETFD
    EPOLL_CLOEXEC = 1            # PPM_EPOLL_CLOEXEC
    CLOSE_RANGE_CLOEXEC = 4      # PPM_CLOSE_RANGE_CLOEXEC
    CREAT_UPPER_LAYER = 1        # PPM_FD_UPPER_LAYER_CREAT
    CREAT_LOWER_LAYER = 2

cdef struct OpenPlan:            # where the events of the open family hold what; -1: nowhere
    int8_t dirfd, name, flags, dev, ino
    int8_t enter_dirfd, enter_name, enter_flags
    int8_t layers                # of creat, which has no flags

cdef OpenPlan OPENS[MAX_EVENT_TYPES]
cdef uint16_t DUP3_X = EVENT_IDS["DUP3_X"]
cdef uint16_t PIPE2_X = EVENT_IDS["PIPE2_X"]
cdef uint16_t BY_HANDLE_X = EVENT_IDS["OPEN_BY_HANDLE_AT_X"]
cdef uint16_t EPOLL_CREATE1_X = EVENT_IDS["EPOLL_CREATE1_X"]
cdef uint16_t TIMERFD_CREATE_X = EVENT_IDS["TIMERFD_CREATE_X"]
cdef uint16_t MEMFD_CREATE_X = EVENT_IDS["MEMFD_CREATE_X"]
cdef int8_t FLAGS_AT[MAX_EVENT_TYPES]       # of events with a plain fd: the parameter that holds its open flags; 0: none
cdef int8_t TYPES[MAX_EVENT_TYPES]          # of events with a plain fd: its FdType
cdef int8_t DIRFD_AT[MAX_EVENT_TYPES]       # of events that name a path by its directory: the parameter of that fd


cdef int _open(State state) except -1:
    """open, creat, openat, openat2, open_by_handle_at of every version."""
    cdef OpenPlan* plan = &OPENS[state.evt.type]
    cdef int64_t fd = result(state)
    cdef Event* enter
    cdef bytes name, said, base
    cdef uint32_t flags = 0
    cdef uint32_t layers
    cdef int64_t dirfd
    cdef FdInfo info
    if fd < 0 or state.thread is None:
        return 0
    enter = enter_event(state) if plan.enter_name >= 0 else NULL
    if plan.name >= 0:
        name = text_param(&state.evt, plan.name)
    elif enter == NULL:
        return 0
    if plan.flags >= 0:
        flags = param_u64(&state.evt, plan.flags, 0)
    elif plan.layers >= 0:
        layers = param_u64(&state.evt, plan.layers, 0)
        flags = O_UPPER_LAYER if layers & CREAT_UPPER_LAYER else O_LOWER_LAYER if layers & CREAT_LOWER_LAYER else 0
    dirfd = param_i64(&state.evt, plan.dirfd, -1) if plan.dirfd >= 0 else -1
    if enter != NULL:
        said = text_param(enter, plan.enter_name)
        if plan.name < 0 or said != b"<NA>":
            # What the caller wrote before the call counts, with the flags that only the kernel knows.
            name = said
            if plan.enter_flags >= 0:
                flags = <uint32_t>param_u64(enter, plan.enter_flags, 0) | (flags & ~<uint32_t>(O_F_CREATED - 1))
            if plan.enter_dirfd >= 0:
                dirfd = param_i64(enter, plan.enter_dirfd, -1)
    if state.evt.type == BY_HANDLE_X:
        base = b""                       # the kernel gives an absolute path
    elif plan.enter_dirfd >= 0:
        base = dir_of(state, name, dirfd)
    else:
        base = state.thread.get_cwd()
    info = new_fd(FD_DIRECTORY if flags & O_DIRECTORY else FD_FILE_V2)
    info.open_flags = flags
    if plan.ino >= 0:
        info.dev = param_u64(&state.evt, plan.dev, 0)
        info.ino = param_u64(&state.evt, plan.ino, 0)
    info.name_raw = name
    info.name = join_path(base, name, <uint32_t>len(name))
    if state.producer == PRODUCER_OLD and state.evt.type != BY_HANDLE_X:
        said = old_style_path(state, name, dirfd if plan.enter_dirfd >= 0 else AT_FDCWD)
        if said != info.name:
            info.old_style_name = said
    if flags & O_UPPER_LAYER:
        info.flags |= FDF_OVERLAY_UPPER
    if flags & O_LOWER_LAYER:
        info.flags |= FDF_OVERLAY_LOWER
    add_fd(state, fd, info)
    return 0


cdef int _close(State state) except -1:
    """A closed fd goes after the event has been seen."""
    if result(state) >= 0 and state.fd is not None and state.thread is not None:
        state.closing = state.thread.fds()
        state.closing_fd = state.thread.lastevent_fd
    return 0


cdef int _close_range(State state) except -1:
    """Only the newest libs follow it."""
    cdef FdTable table
    cdef FdInfo info
    cdef int64_t first, last
    if not state.exit_only or state.thread is None or result(state) < 0:
        return 0
    table = state.thread.fds()
    if table is None:
        return 0
    first = <uint32_t>param_u64(&state.evt, 1, 0)
    last = <uint32_t>param_u64(&state.evt, 2, 0)
    for info in table.items():
        if first <= info.fd <= last:
            if param_u64(&state.evt, 3, 0) & CLOSE_RANGE_CLOEXEC:
                info.open_flags |= O_CLOEXEC
            else:
                table.remove(info.fd)
    return 0


cdef int _dup(State state) except -1:
    """dup, dup2, dup3."""
    cdef int64_t fd = result(state)
    cdef ThreadInfo thread = state.thread
    cdef uint32_t flags
    cdef FdInfo twin
    if thread is None or fd < 0 or (state.exit_only and state.fd is None):
        return 0
    if fd == 0:
        thread.flags |= CL_PIPE_DST
    elif fd == 1:
        thread.flags |= CL_PIPE_SRC
    if state.fd is None:
        return 0
    if state.exit_only:
        twin = state.fd.copy()
        twin.keep_on_exec()
        if state.evt.type == DUP3_X and param_u64(&state.evt, 3, 0) & O_CLOEXEC:
            twin.open_flags |= O_CLOEXEC
        add_fd(state, fd, twin)
        return 0
    if state.evt.type == DUP3_X:
        # libs 0.20 changes the old fd before it copies it.
        flags = param_u64(&state.evt, 3, 0)
        if flags:
            state.fd.open_flags |= flags
        else:
            state.fd.open_flags &= ~<uint32_t>O_CLOEXEC
    add_fd(state, fd, state.fd.copy())
    return 0


cdef int _fcntl(State state) except -1:
    """fcntl F_DUPFD and F_DUPFD_CLOEXEC; F_SETFD in exit-only captures."""
    cdef int64_t fd = result(state)
    cdef Event* enter
    cdef int64_t command
    cdef FdInfo twin
    if fd < 0 or state.fd is None or state.thread is None:
        return 0
    if state.exit_only:
        command = param_i64(&state.evt, 2, 0)
    else:
        enter = enter_event(state)
        command = param_i64(enter, 1, 0) if enter != NULL else 0
    if command == FCNTL_SETFD and state.exit_only:
        state.fd.keep_on_exec()
        if param_u64(&state.evt, 3, 0) & FD_CLOEXEC:
            state.fd.open_flags |= O_CLOEXEC
    elif command == FCNTL_DUPFD or command == FCNTL_DUPFD_CLOEXEC:
        twin = state.fd.copy()
        if state.exit_only:
            twin.keep_on_exec()
            if command == FCNTL_DUPFD_CLOEXEC:
                twin.open_flags |= O_CLOEXEC
        add_fd(state, fd, twin)
    return 0


cdef int _pipe(State state) except -1:
    """pipe, pipe2: both ends; the event's fd is the second."""
    cdef uint32_t flags = 0
    cdef uint32_t i
    cdef FdInfo info
    if result(state) < 0 or state.thread is None:
        return 0
    if state.evt.type == PIPE2_X:
        flags = param_u64(&state.evt, 4, 0)
    for i in range(1, 3):
        info = new_fd(FD_FIFO)
        info.ino = param_u64(&state.evt, 3, 0)
        info.open_flags = flags
        add_fd(state, param_i64(&state.evt, i, -1), info)
    return 0


cdef int _plain(State state) except -1:
    """Events whose result is an fd that has only a type: eventfd, signalfd, timerfd, inotify, epoll, bpf, io_uring, userfaultfd."""
    cdef int64_t fd = result(state)
    cdef uint16_t kind = state.evt.type
    cdef FdInfo info
    if fd < 0 or state.thread is None:
        return 0
    info = new_fd(TYPES[kind])
    if kind == EPOLL_CREATE1_X:
        if state.exit_only and param_u64(&state.evt, 1, 0) & EPOLL_CLOEXEC:
            info.open_flags = O_CLOEXEC
    elif FLAGS_AT[kind] and (kind != TIMERFD_CREATE_X or state.exit_only):
        info.open_flags = param_u64(&state.evt, FLAGS_AT[kind], 0)
    info.old_style_missed = info.type == FD_USERFAULTFD     # an event of 0.29.3 that its parser does not look at
    add_fd(state, fd, info)
    return 0


cdef int _named(State state) except -1:
    """memfd_create, pidfd_open: an fd with a name of its own."""
    cdef int64_t fd = result(state)
    cdef FdInfo info
    if state.thread is None:
        return 0
    if fd < 0:
        if state.evt.type == MEMFD_CREATE_X or not state.exit_only:
            # libs takes the error for a number here; fields show it.
            state.fd = new_fd(FD_UNINITIALIZED)
            state.fd_num = fd
            state.thread.lastevent_fd = fd
        return 0
    if state.evt.type == MEMFD_CREATE_X:
        info = new_fd(FD_MEMFD)
        info.name = text_param(&state.evt, 1)
    else:
        info = new_fd(FD_PIDFD)
        info.pid = param_i64(&state.evt, 1, -1)
        info.name = b"/proc/%d" % info.pid
    info.open_flags = param_u64(&state.evt, 2, 0)
    add_fd(state, fd, info)
    return 0


cdef int _pidfd_getfd(State state) except -1:
    """A copy of another process' fd."""
    cdef FdInfo pidfd = look_up(state, param_i64(&state.evt, 1, -1))
    cdef ThreadInfo owner
    cdef FdTable table
    cdef FdInfo info
    if pidfd is None or pidfd.type != FD_PIDFD or result(state) < 0:
        return 0
    owner = state.threads.find(pidfd.pid)
    table = owner.fds() if owner is not None else None
    info = table.get(param_i64(&state.evt, 2, -1)) if table is not None else None
    if info is None:
        return 0
    info = info.copy()
    info.old_name = info.name
    if state.exit_only:
        info.keep_on_exec()
        info.open_flags |= O_CLOEXEC
    add_fd(state, result(state), info)
    if not state.exit_only:
        state.fd = None                  # libs 0.20 copies it without making it the event's
    return 0


cdef int _change_mode(State state) except -1:
    """fchmod, fchown, getsockopt: the fd stands in the exit event alone."""
    if state.thread is not None and state.evt.nparams > 1:
        state.fd_num = param_i64(&state.evt, 1, -1)
        state.thread.lastevent_fd = state.fd_num
        state.fd = look_up(state, state.fd_num)
    return 0


cdef int _by_directory(State state) except -1:
    """Events that name a path relative to a directory: the directory is their fd, where they succeeded."""
    if not state.exit_only and state.thread is not None and result(state) >= 0:
        state.fd = look_up(state, param_i64(&state.evt, DIRFD_AT[state.evt.type], -1))
    return 0


cdef OpenPlan _plan(int dirfd, int name, int flags, int dev, int ino, int enter_dirfd, int enter_name, int enter_flags, int layers=-1):
    return OpenPlan(dirfd, name, flags, dev, ino, enter_dirfd, enter_name, enter_flags, layers)


cdef void _set_up() except *:
    cdef dict plain = {
        "EVENTFD_X": (FD_EVENT, 0), "EVENTFD2_X": (FD_EVENT, 1), "SIGNALFD_X": (FD_SIGNALFD, 0), "SIGNALFD4_X": (FD_SIGNALFD, 1),
        "TIMERFD_CREATE_X": (FD_TIMERFD, 2), "INOTIFY_INIT_X": (FD_INOTIFY, 0), "INOTIFY_INIT1_X": (FD_INOTIFY, 1),
        "BPF_2_X": (FD_BPF, 0), "USERFAULTFD_X": (FD_USERFAULTFD, 0), "IO_URING_SETUP_X": (FD_IOURING, 0),
        "EPOLL_CREATE_X": (FD_EVENTPOLL, 0), "EPOLL_CREATE1_X": (FD_EVENTPOLL, 0),
    }
    cdef dict directories = {
        "NEWFSTATAT_X": 1, "FCHOWNAT_X": 1, "FCHMODAT_X": 1, "MKDIRAT_X": 1, "UNLINKAT_2_X": 1, "MKNODAT_X": 1, "SYMLINKAT_X": 2,
    }
    OPENS[<int>EVENT_IDS["OPEN_X"]] = _plan(-1, 1, 2, 4, 5, -1, 0, 1)
    OPENS[<int>EVENT_IDS["CREAT_X"]] = _plan(-1, 1, -1, 3, 4, -1, 0, -1, 5)
    OPENS[<int>EVENT_IDS["OPENAT_X"]] = _plan(-1, -1, -1, -1, -1, 0, 1, 2)
    OPENS[<int>EVENT_IDS["OPENAT_2_X"]] = _plan(1, 2, 3, 5, 6, 0, 1, 2)
    OPENS[<int>EVENT_IDS["OPENAT2_X"]] = _plan(1, 2, 3, 6, 7, 0, 1, 2)
    OPENS[<int>EVENT_IDS["OPEN_BY_HANDLE_AT_X"]] = _plan(-1, 3, 2, 4, 5, -1, -1, -1)
    on(_open, ("OPEN_X", "CREAT_X", "OPENAT_X", "OPENAT_2_X", "OPENAT2_X", "OPEN_BY_HANDLE_AT_X"))
    for name, (fd_type, flags_at) in plain.items():
        TYPES[<int>EVENT_IDS[name]] = fd_type
        FLAGS_AT[<int>EVENT_IDS[name]] = flags_at
    on(_plain, tuple(plain))
    for name, at in directories.items():
        DIRFD_AT[<int>EVENT_IDS[name]] = at
    on(_by_directory, tuple(directories))
    on(_close, ("CLOSE_X",))
    on(_close_range, ("CLOSE_RANGE_X",))
    on(_dup, ("DUP_X", "DUP_1_X", "DUP2_X", "DUP3_X"))
    keep_enter(EVENT_IDS["FCNTL_E"])
    on(_fcntl, ("FCNTL_X",))
    on(_pipe, ("PIPE_X", "PIPE2_X"))
    on(_named, ("MEMFD_CREATE_X", "PIDFD_OPEN_X"))
    on(_pidfd_getfd, ("PIDFD_GETFD_X",))
    on(_change_mode, ("FCHMOD_X", "FCHOWN_X", "GETSOCKOPT_X"))


_set_up()
