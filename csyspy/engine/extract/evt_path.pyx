"""evt.abspath: the path that a call with a directory fd means; and what infrastructure events tell about Docker.

libs: userspace/libsinsp/sinsp_filtercheck_event.cpp, extract_abspath and TYPE_INFRA_DOCKER_*.
"""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t

from csyspy.engine.event cimport MAX_EVENT_TYPES, event_param, param_i64
from csyspy.engine.extract.category cimport event_id
from csyspy.engine.extract.params cimport param_indexes
from csyspy.engine.fds cimport FdInfo, FdTable
from csyspy.engine.path cimport clean_path, join_path
from csyspy.engine.state cimport NEED_FD, NEED_NOTHING, NEED_THREAD, State
from csyspy.engine.value cimport Extractor, Value, register

cdef enum:
    AT_FDCWD = -100

cdef struct PathParams:      # indexes of the directory fd and the path; -1 where the event has no such path
    int8_t dirfd
    int8_t path

cdef PathParams _SOURCE[MAX_EVENT_TYPES]     # evt.abspath and evt.abspath.src
cdef PathParams _TARGET[MAX_EVENT_TYPES]     # evt.abspath.dst

cdef dict _ONE_PATH = {
    "SYMLINKAT_X": ("linkdirfd", "linkpath"), "OPENAT_E": ("dirfd", "name"), "OPENAT_2_X": ("dirfd", "name"),
    "OPENAT2_X": ("dirfd", "name"), "UNLINKAT_E": ("dirfd", "name"), "UNLINKAT_2_X": ("dirfd", "name"),
    "MKDIRAT_X": ("dirfd", "path"), "FCHMODAT_X": ("dirfd", "filename"), "FCHOWNAT_X": ("dirfd", "pathname"),
}
cdef dict _TWO_PATHS = {
    "RENAMEAT_X": ("olddirfd", "oldpath", "newdirfd", "newpath"), "RENAMEAT2_X": ("olddirfd", "oldpath", "newdirfd", "newpath"),
    "LINKAT_E": ("olddir", "oldpath", "newdir", "newpath"), "LINKAT_2_X": ("olddir", "oldpath", "newdir", "newpath"),
}


cdef PathParams _params(uint32_t type, str dirfd, str path) except *:
    cdef PathParams found
    found.dirfd = param_indexes(dirfd.encode())[type]
    found.path = param_indexes(path.encode())[type]
    if found.dirfd < 0:
        found.path = -1
    return found


cdef void _fill() except *:
    cdef uint32_t type
    for type in range(MAX_EVENT_TYPES):
        _SOURCE[type].path = _TARGET[type].path = -1
    for name, (dirfd, path) in _ONE_PATH.items():
        type = event_id(name)
        _SOURCE[type] = _TARGET[type] = _params(type, dirfd, path)
    for name, (olddir, oldpath, newdir, newpath) in _TWO_PATHS.items():
        type = event_id(name)
        _SOURCE[type] = _params(type, olddir, oldpath)
        _TARGET[type] = _params(type, newdir, newpath)


_fill()
cdef uint32_t OPEN_BY_HANDLE_AT_X = event_id("OPEN_BY_HANDLE_AT_X")
cdef uint32_t INFRASTRUCTURE = event_id("INFRASTRUCTURE_EVENT_E")


cdef bytes _directory(State state, int64_t fd):
    """What a relative path starts from, with a closing slash."""
    cdef FdTable table
    cdef FdInfo info
    if fd == AT_FDCWD:
        return state.thread.get_cwd()
    table = state.thread.fds()
    info = table.get(fd) if table is not None else None
    return b"<UNKNOWN>/" if info is None else info.name + b"/"


cdef int _abspath(State state, Extractor self, Value* out) except -1:
    cdef const uint8_t* p
    cdef uint32_t n
    cdef PathParams at
    if state.thread is None:
        return 0
    if state.evt.type == OPEN_BY_HANDLE_AT_X:      # tells the whole path, of a file that could be opened
        if param_i64(&state.evt, 0, -1) <= 0 or not event_param(&state.evt, 3, &p, &n):
            return 0
        return self.give(clean_path(<const char*>p, n), out)
    at = _TARGET[state.evt.type] if self.key == b"dst" else _SOURCE[state.evt.type]
    if at.path < 0 or not event_param(&state.evt, <uint32_t>at.path, &p, &n):
        return 0
    if n == 0:
        p, n = b"<NA>", 4
    if p[0] == c"/":
        return self.give(clean_path(<const char*>p, n), out)
    return self.give(join_path(_directory(state, param_i64(&state.evt, <uint32_t>at.dirfd, AT_FDCWD)), <const char*>p, n), out)


cdef bytes _described(State state, bytes key):
    """The value of `key` in the description of an infrastructure event (`Event: start; ID: 3ad7…; Image: …`)."""
    cdef const uint8_t* p
    cdef uint32_t n
    if state.evt.type != INFRASTRUCTURE or not event_param(&state.evt, 2, &p, &n):
        return None
    for part in (<const char*>p)[:n].split(b"\0")[0].split(b";"):
        part = part.strip()
        if part.startswith(key) and b":" in part:
            return part.partition(b":")[2].strip()
    return None


cdef int _docker_event(State state, Extractor self, Value* out) except -1:
    return self.give(_described(state, b"Event"), out)


cdef int _docker_id(State state, Extractor self, Value* out) except -1:
    cdef bytes text = _described(state, b"ID")
    return self.give(text[:12] if text is not None else None, out)


cdef int _docker_name(State state, Extractor self, Value* out) except -1:
    return self.give(_described(state, b"name"), out)


cdef int _docker_image(State state, Extractor self, Value* out) except -1:
    """The image without its digest; an image that has no name but a digest is told by that."""
    cdef bytes text = _described(state, b"Image")
    if text is not None and b"@" in text:
        text = text.partition(b"@")[0].strip()
    return self.give(text, out)


register("evt.abspath", _abspath, NEED_THREAD | NEED_FD)
register("evt.infra.docker.name", _docker_event, NEED_NOTHING)
register("evt.infra.docker.container.id", _docker_id, NEED_NOTHING)
register("evt.infra.docker.container.name", _docker_name, NEED_NOTHING)
register("evt.infra.docker.container.image", _docker_image, NEED_NOTHING)
