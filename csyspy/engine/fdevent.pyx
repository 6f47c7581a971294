"""The fd that fields show for the current event (libs: userspace/libsinsp/sinsp_filtercheck_fd.cpp, extract_fd and its kin)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from csyspy.engine.event cimport (
    EF_CREATES_FD,
    EF_DESTROYS_FD,
    EF_USES_FD,
    MAX_EVENT_TYPES,
    Event,
    EVENT_COUNT,
    EVENTS,
    event_param,
    is_enter,
    param_i64,
)
from csyspy.engine.handlers.dispatch cimport enter_event
from csyspy.engine.handlers.fdtable cimport dir_of, look_up, text_param
from csyspy.engine.path cimport join_path, printable
from csyspy.engine.sockinfo cimport socktuple_text
from csyspy.engine.state cimport State

from csyspy.events import EVENT_IDS

cdef enum Naming:        # where the name of an unknown fd stands in its event
    NAME_EMPTY = 0
    NAME_PATH = 1        # parameter 1, relative to the working directory
    NAME_TUPLE = 2       # parameter 1
    NAME_AT = 3          # parameter 2, relative to the fd of parameter 1
    NAME_AT_ENTER = 4    # enter event's parameter 1, relative to the fd of its parameter 0
    NAME_HANDLE = 5      # parameter 3

cdef uint8_t NAMING[MAX_EVENT_TYPES]
cdef uint8_t WORKS[2][MAX_EVENT_TYPES]      # [exit-only capture][event id]

# Events that work on an fd for the newest libs but not for libs 0.20.
cdef tuple NEWER = ("MMAP_X", "MMAP2_X", "SYMLINKAT_X", "UNLINKAT_2_X", "MKDIRAT_X", "FCHMODAT_X", "FCHOWNAT_X")


cdef bint works_on_fd(State state) noexcept:
    return state.evt.type < MAX_EVENT_TYPES and WORKS[state.exit_only][state.evt.type]


cdef FdInfo event_fd(State state):
    if state.thread is None or not works_on_fd(state):
        return None
    if state.fd is not None:
        return state.fd
    if state.thread.lastevent_fd != -1:
        return look_up(state, state.thread.lastevent_fd)
    return None


cdef bytes _path_as_shown(State state, bytes path):
    """A path parameter as it is printed with its directory in front (libs: event.cpp, PT_FSPATH)."""
    if path == b"<NA>" or not path or path.startswith(b"/"):
        return printable(path, <uint32_t>len(path))
    return join_path(state.thread.get_cwd(), path, <uint32_t>len(path))


cdef bytes _tuple_as_shown(State state):
    cdef const uint8_t* p
    cdef uint32_t n
    if not event_param(&state.evt, 1, &p, &n) or n == 0:
        return b"NULL"
    return socktuple_text(p, n, state.fd.shown_l4proto() if state.fd is not None else 0, state.resolve_ports)


cdef bytes name_from_event(State state, bint raw):
    cdef Event* said = &state.evt
    cdef uint32_t at = 1
    cdef int naming
    cdef bytes name
    cdef int64_t dirfd
    if is_enter(&state.evt):
        return None
    naming = NAMING[state.evt.type]
    if naming == NAME_PATH:
        return _path_as_shown(state, text_param(&state.evt, 1))
    if naming == NAME_TUPLE:
        return _tuple_as_shown(state)
    if naming == NAME_HANDLE:
        return text_param(&state.evt, 3)
    if naming == NAME_EMPTY:
        return b""
    if naming == NAME_AT_ENTER:
        said = enter_event(state)
        at = 0
        if said == NULL:
            return None
    name = text_param(said, at + 1)
    dirfd = param_i64(said, at, -1)
    if raw:
        return name
    return join_path(dir_of(state, name, dirfd), name, <uint32_t>len(name))


cdef void _set_up() except *:
    cdef uint32_t i
    for i in range(EVENT_COUNT):
        WORKS[0][i] = WORKS[1][i] = EVENTS[i].flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD) != 0
    for name in NEWER:
        WORKS[0][<int>EVENT_IDS[name]] = False
    for name in ("OPEN_X", "CREAT_X"):
        NAMING[<int>EVENT_IDS[name]] = NAME_PATH
    for name in ("ACCEPT_X", "ACCEPT_5_X", "ACCEPT4_X", "ACCEPT4_5_X", "ACCEPT4_6_X", "CONNECT_X"):
        NAMING[<int>EVENT_IDS[name]] = NAME_TUPLE
    for name in ("OPENAT_2_X", "OPENAT2_X"):
        NAMING[<int>EVENT_IDS[name]] = NAME_AT
    NAMING[<int>EVENT_IDS["OPENAT_X"]] = NAME_AT_ENTER
    NAMING[<int>EVENT_IDS["OPEN_BY_HANDLE_AT_X"]] = NAME_HANDLE


_set_up()
