"""Fields of the fd that an event works on: number, type, name, flags (libs: userspace/libsinsp/sinsp_filtercheck_fd.cpp).

Addresses and ports are in fdnet.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.event cimport param_i64
from csyspy.engine.fdevent cimport event_fd, name_from_event, works_on_fd
from csyspy.engine.fds cimport (
    FD_DIRECTORY,
    FD_IPV4_SOCK,
    FD_IPV6_SERVSOCK,
    FD_PIDFD,
    FD_UNINITIALIZED,
    FD_UNIX_SOCK,
    FD_UNKNOWN,
    FD_UNSUPPORTED,
    FDF_OVERLAY_LOWER,
    FDF_OVERLAY_UPPER,
    FDF_SOCKET_CONNECTED,
    FdInfo,
    FdTable,
)
from csyspy.engine.handlers.fdtable cimport look_up
from csyspy.engine.path cimport squeeze_slashes
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, State
from csyspy.engine.value cimport VK_STR, Extractor, Value, give_bool, give_int, register

from csyspy.events import EVENT_IDS, EVENT_TABLE

cdef list TYPE_NAMES = [b"<NA>"] * (FD_PIDFD + 1)
cdef uint16_t CONNECT_X = EVENT_IDS["CONNECT_X"]
cdef bytes GUESSED_TYPE = b"o" * 512       # letter by event id, where the fd is not known (libs: event.h, extract_typechar)

for _row in EVENT_TABLE["fd_types"]:
    if _row["id"] not in (FD_UNINITIALIZED, FD_UNKNOWN, FD_UNSUPPORTED):
        TYPE_NAMES[_row["id"]] = _row["typestring"].encode()


cdef int _text(const char* s, size_t n, Value* out) noexcept:
    out.kind = VK_STR
    out.s = s
    out.n = <uint32_t>n
    return 1


cdef int _num(State state, Extractor self, Value* out) except -1:
    if state.thread is None or not works_on_fd(state):
        return 0
    return give_int(out, state.thread.lastevent_fd)


cdef bytes _type_name(FdInfo info):
    return TYPE_NAMES[info.type] if 0 <= info.type <= FD_PIDFD else b"<NA>"


cdef int _type(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return self.give(_type_name(info), out) if info is not None else 0


cdef int _types(State state, Extractor self, Value* out) except -1:
    """Types of everything the process has open, each once, the latest fd first as libs mostly have it; with a number that of one fd."""
    cdef FdTable table
    cdef FdInfo info
    if state.thread is None or not works_on_fd(state):
        return 0
    if self.index >= 0:
        info = look_up(state, self.index)
        return self.give_list([_type_name(info)], out) if info is not None else 0
    table = state.thread.fds()
    if table is None:
        return 0
    return self.give_list(list(dict.fromkeys([_type_name(info) for info in reversed(table.items())])), out)


cdef int _typechar(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    cdef char letter
    if info is None:
        if state.thread is None or not works_on_fd(state):
            return 0
        letter = GUESSED_TYPE[state.evt.type | 1]
    else:
        letter = info.typechar()
    self.scratch[0] = 0
    (<char*>self.scratch)[0] = letter
    return _text(<const char*>self.scratch, 1, out)


cdef bint _failed_connect(State state) noexcept:
    """libs 0.20 names the fd of a connect that failed after the event, not after the fd."""
    return state.evt.type == CONNECT_X and not state.exit_only and param_i64(&state.evt, 0, 0) < 0


cdef int _name(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is not None and not _failed_connect(state):
        return _text(info.name, len(info.name), out)
    if state.thread is None or not works_on_fd(state):
        return 0
    return self.give(name_from_event(state, False), out)


cdef int _name_raw(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    cdef bytes name
    if info is not None:
        name = info.name_raw
    elif state.thread is None or not works_on_fd(state):
        return 0
    else:
        name = name_from_event(state, True)
    return self.give(squeeze_slashes(name), out) if name is not None else 0


cdef int _in_container(State state, Extractor self, Value* out) except -1:
    """What `out` has, behind the container's id and a colon."""
    cdef Buffer text = self.scratch_text()
    cdef bytes container = state.thread.container_id.encode()
    text.add(container, len(container))
    text.add_char(b":")
    text.add(out.s, out.n)
    return self.give_text(out)


cdef int _container_name(State state, Extractor self, Value* out) except -1:
    return _in_container(state, self, out) if _name(state, self, out) else 0


cdef int _last_slash(const char* s, size_t n) noexcept nogil:
    while n and s[n - 1] != b"/":
        n -= 1
    return <int>n - 1


cdef int _directory(State state, Extractor self, Value* out) except -1:
    """Of a file the path before its last slash; a directory is its own. An unknown fd has the path its event tells."""
    cdef FdInfo info = event_fd(state)
    cdef int slash
    if info is not None:
        if not info.is_file() and info.type != FD_DIRECTORY:
            return 0
        _text(info.name, len(info.name), out)
        if not info.is_file():
            return 1
    else:
        if state.thread is None or not works_on_fd(state) or not self.give(name_from_event(state, False), out):
            return 0
        if not state.exit_only:
            return 1
    slash = _last_slash(out.s, out.n)
    if slash <= 0:
        return _text(b"/", 1, out)
    if slash < <int>out.n - 1:
        out.n = slash
    return 1


cdef int _container_directory(State state, Extractor self, Value* out) except -1:
    return _in_container(state, self, out) if _directory(state, self, out) else 0


cdef int _filename(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    cdef int slash
    if info is None or not info.is_file():
        return 0
    _text(info.name, len(info.name), out)
    slash = _last_slash(out.s, out.n)
    if slash < 0:
        return _text(b"/", 1, out)
    if slash < <int>out.n - 1:
        out.s += slash + 1
        out.n -= slash + 1
    return 1


cdef int _uid(State state, Extractor self, Value* out) except -1:
    """The thread's number and the fd's, one behind the other."""
    if state.thread is None or not works_on_fd(state):
        return 0
    return self.give(b"%d%d" % (state.thread.tid, state.thread.lastevent_fd), out)


cdef int _sockfamily(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    if info is None:
        return 0
    if FD_IPV4_SOCK <= info.type <= FD_IPV6_SERVSOCK:
        return _text(b"ip", 2, out)
    return _text(b"unix", 4, out) if info.type == FD_UNIX_SOCK else 0


cdef int _connected(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_bool(out, info.flags & FDF_SOCKET_CONNECTED != 0) if info is not None else 0


cdef int _name_changed(State state, Extractor self, Value* out) except -1:
    """The event gave its fd another name than it had before."""
    cdef FdInfo info = event_fd(state)
    if info is None:
        return 0
    return give_bool(out, state.fd is not None and info.name is not info.old_name and info.name != info.old_name)


cdef int _dev(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_int(out, info.dev) if info is not None else 0


cdef int _dev_major(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_int(out, (info.dev & 0xFFF00) >> 8) if info is not None else 0


cdef int _dev_minor(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_int(out, (info.dev & 0xFF) | ((info.dev >> 12) & 0xFFF00)) if info is not None else 0


cdef int _ino(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_int(out, <int64_t>info.ino) if info is not None else 0


cdef int _upper_layer(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_bool(out, info.flags & FDF_OVERLAY_UPPER != 0) if info is not None else 0


cdef int _lower_layer(State state, Extractor self, Value* out) except -1:
    cdef FdInfo info = event_fd(state)
    return give_bool(out, info.flags & FDF_OVERLAY_LOWER != 0) if info is not None else 0


cdef void _set_up() except *:
    global GUESSED_TYPE
    letters = bytearray(GUESSED_TYPE)
    for letter, names in (("f", "OPENAT_X OPENAT_2_X OPENAT2_X CREAT_X"),
                          ("4", "SOCKET_X ACCEPT_X ACCEPT_5_X ACCEPT4_X ACCEPT4_5_X ACCEPT4_6_X"),
                          ("p", "PIPE_X PIPE2_X"), ("e", "EVENTFD_X EVENTFD2_X"), ("s", "SIGNALFD_X SIGNALFD4_X"),
                          ("t", "TIMERFD_CREATE_X"), ("i", "INOTIFY_INIT_X INOTIFY_INIT1_X")):
        for name in names.split():
            letters[EVENT_IDS[name]] = ord(letter)
    GUESSED_TYPE = bytes(letters)
    cdef uint32_t needs = NEED_FD | NEED_THREAD
    register("fd.num", _num, needs)
    register("fd.type", _type, needs)
    register("fd.types", _types, needs)
    register("fd.typechar", _typechar, needs)
    register("fd.name", _name, needs)
    register("fd.nameraw", _name_raw, needs)
    register("fd.directory", _directory, needs)
    register("fd.filename", _filename, needs)
    register("fd.uid", _uid, needs)
    register("fd.containername", _container_name, needs)
    register("fd.containerdirectory", _container_directory, needs)
    register("fd.sockfamily", _sockfamily, needs)
    register("fd.connected", _connected, needs)
    register("fd.name_changed", _name_changed, needs)
    register("fd.dev", _dev, needs)
    register("fd.dev.major", _dev_major, needs)
    register("fd.dev.minor", _dev_minor, needs)
    register("fd.ino", _ino, needs)
    register("fd.is_upper_layer", _upper_layer, needs)
    register("fd.is_lower_layer", _lower_layer, needs)


_set_up()
