"""What handlers of file and socket events share."""

from csyspy.engine.event cimport event_param, param_i64, param_str
from csyspy.engine.fds cimport FdTable
from csyspy.engine.handlers.dispatch cimport handle
from csyspy.engine.path cimport old_style_join
from csyspy.engine.state cimport NEED_FD

from csyspy.events import EVENT_IDS

cdef enum:
    PATH_ROOM = 1024       # libs: SCAP_MAX_PATH_SIZE


cdef void on(Handler fn, tuple names) except *:
    """`fn` handles events of these names (as in EVENT_IDS) when fds are needed."""
    for name in names:
        handle(EVENT_IDS[name], fn, NEED_FD)


cdef int64_t result(State state) noexcept:
    """What the system call returned; a failure where the event does not say."""
    return param_i64(&state.evt, 0, -1)


cdef bytes text_param(Event* e, uint32_t i):
    """A text parameter; `<NA>` where the event has none or an empty one (libs: event.h, load_params)."""
    cdef const unsigned char* p
    cdef uint32_t n
    cdef bytes text
    if not event_param(e, i, &p, &n) or n == 0:
        return b"<NA>"
    text = param_str(e, i)
    return text if text is not None else b"<NA>"


cdef FdInfo look_up(State state, int64_t fd):
    """The fd of that number of the current process; None where it is unknown."""
    cdef FdTable table
    cdef FdInfo info
    if fd < 0 or state.thread is None:
        return None
    table = state.thread.fds()
    if table is None:
        return None
    info = table.get(fd)
    if info is not None:
        info.old_name = info.name
    return info


cdef FdInfo add_fd(State state, int64_t fd, FdInfo info):
    """Put a new fd into the table of the current process and make it the fd of the event; None where that is not possible."""
    cdef FdTable table = state.thread.fds()
    if table is None:
        return None
    state.fd = table.put(fd, info)
    state.fd_num = fd
    state.thread.lastevent_fd = fd
    return state.fd


cdef bytes dir_of(State state, bytes name, int64_t dirfd):
    """The directory that `name` is relative to, with a slash at its end (libs: sinsp_parser::parse_dirfd).

    `.` for an absolute name, `<UNKNOWN>` where the fd is not known.
    """
    cdef FdInfo info
    if name[:1] == b"/":
        return b"."
    if state.thread is None:
        return b"<UNKNOWN>"
    if dirfd == AT_FDCWD:
        return state.thread.get_cwd()
    info = look_up(state, dirfd)
    if info is None:
        return b"<UNKNOWN>"
    if not info.name or info.name.endswith(b"/"):
        return info.name
    return info.name + b"/"


cdef bytes old_style_path(State state, bytes name, int64_t dirfd):
    """Libs of 0.29.3: parsers.cpp, parse_dirfd, which adds a slash behind every directory, `/` included."""
    cdef FdInfo info
    cdef bytes base = b"<UNKNOWN>"
    if state.thread is None or name[:1] == b"/":
        base = b""
    elif dirfd == AT_FDCWD:
        base = state.thread.get_old_style_cwd()
    else:
        info = look_up(state, dirfd)
        if info is not None and info.old_style_missed:
            info = info.old_style
        if info is not None:
            base = (info.name if info.old_style_name is None else info.old_style_name) + b"/"
    if len(base) + len(name) + 2 > PATH_ROOM:
        return b"/PATH_TOO_LONG"
    return old_style_join(base, name, <uint32_t>len(name))
