"""Fields of the paths that system calls work on: fs.path.* (libs: userspace/libsinsp/sinsp_filtercheck_fspath.cpp)."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t

from csyspy.engine.event cimport EVENTS, MAX_EVENT_TYPES, Event, param_i64
from csyspy.engine.fdevent cimport event_fd
from csyspy.engine.fds cimport FD_DIRECTORY, FdInfo
from csyspy.engine.handlers.dispatch cimport enter_event
from csyspy.engine.handlers.fdtable cimport dir_of, text_param
from csyspy.engine.path cimport clean_path, join_path
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, State
from csyspy.engine.value cimport Extractor, Value, register

from csyspy.events import EVENT_IDS, EVENT_TABLE

cdef enum Role:           # which path of the event
    ROLE_NAME = 0
    ROLE_SOURCE = 1
    ROLE_TARGET = 2

cdef enum Base:           # what a relative path is relative to
    BASE_CWD = 0
    BASE_FD_NAME = 1      # the path is that of the fd the event made
    BASE_DIRECTORY = 2    # the directory that is the event's fd
    BASE_SOURCE_ONLY = 3  # likewise, of the source; of the target nobody knows
    BASE_TWO_DIRS = 4     # parameters 1 (source) and 3 (target)

cdef enum:
    NOWHERE = -1
    FD_NAME = -2          # the path is the name of the event's fd

cdef struct PathPlan:
    bint known
    bint makes_fd         # succeeded unless the result is -1; else where the result is 0
    bint from_enter       # the paths stand in the enter event
    uint8_t base          # Base
    int8_t at[3]          # parameter of the path, by Role

cdef PathPlan PLANS[MAX_EVENT_TYPES]

# event -> parameter with the path
cdef dict NAMES = {
    "MKDIR_2_X": "path", "MKDIRAT_X": "path", "RMDIR_2_X": "path", "UNLINK_2_X": "path", "UNLINKAT_2_X": "name",
    "OPEN_X": "name", "OPENAT_2_X": "name", "OPENAT2_X": "name", "FCHMODAT_X": "filename", "CHMOD_X": "filename",
    "CHOWN_X": "path", "LCHOWN_X": "path", "FCHOWNAT_X": "pathname", "QUOTACTL_X": "special",
    "UMOUNT_1_X": "name", "UMOUNT2_X": "name",
}
# event -> parameters with source and target
cdef dict PAIRS = {
    "RENAME_X": ("oldpath", "newpath"), "RENAMEAT_X": ("oldpath", "newpath"), "RENAMEAT2_X": ("oldpath", "newpath"),
    "LINK_2_X": ("newpath", "oldpath"), "LINKAT_2_X": ("newpath", "oldpath"),
    "SYMLINK_X": ("linkpath", "target"), "SYMLINKAT_X": ("linkpath", "target"), "MOUNT_X": ("dev", "dir"),
}
# exit event of old captures -> parameters of its enter event: name, source, target
cdef dict ENTERS = {
    "MKDIR_X": ("path", "", ""), "RMDIR_X": ("path", "", ""), "UNLINK_X": ("path", "", ""),
    "UNLINKAT_X": ("name", "", ""), "OPENAT_X": ("name", "", ""),
    "LINK_X": ("", "newpath", "oldpath"), "LINKAT_X": ("", "newpath", "oldpath"),
}
cdef dict BASES = {
    "OPENAT_2_X": BASE_FD_NAME, "OPENAT2_X": BASE_FD_NAME, "FCHOWNAT_X": BASE_DIRECTORY, "FCHMODAT_X": BASE_DIRECTORY,
    "MKDIRAT_X": BASE_DIRECTORY, "UNLINKAT_2_X": BASE_DIRECTORY, "SYMLINKAT_X": BASE_SOURCE_ONLY, "RENAMEAT2_X": BASE_TWO_DIRS,
}


cdef bytes _raw(State state, int role):
    """The path as the event has it; None where it has none of this role or the call failed."""
    cdef PathPlan* plan
    cdef Event* said = &state.evt
    cdef FdInfo info
    cdef int64_t res
    if state.evt.type >= MAX_EVENT_TYPES:
        return None
    plan = &PLANS[state.evt.type]
    if not plan.known or plan.at[role] == NOWHERE or state.evt.nparams == 0:
        return None
    res = param_i64(&state.evt, 0, -1)
    if res == -1 if plan.makes_fd else res != 0:
        return None
    if plan.at[role] == FD_NAME:
        info = event_fd(state)
        return info.name if info is not None else b""
    if plan.from_enter:
        said = enter_event(state)
        if said == NULL:
            return None
    if <uint32_t>plan.at[role] >= said.nparams:
        return None
    return text_param(said, plan.at[role])


cdef bytes _directory(State state):
    """The directory that is the event's fd, with a slash at its end."""
    cdef FdInfo info = state.fd
    if info is None or info.type != FD_DIRECTORY:
        return b"<UNKNOWN>"
    return info.name if not info.name or info.name.endswith(b"/") else info.name + b"/"


cdef bytes _resolved(State state, int role):
    """The path with what it is relative to, cleaned."""
    cdef bytes path = _raw(state, role)
    cdef bytes base
    cdef int kind
    if path is None or state.thread is None:
        return None
    if path.startswith(b"/"):
        return clean_path(path, <uint32_t>len(path))
    kind = PLANS[state.evt.type].base
    if kind == BASE_FD_NAME:
        base = b""
        path = state.fd.name if state.fd is not None else b"<UNKNOWN>"
    elif kind == BASE_DIRECTORY or (kind == BASE_SOURCE_ONLY and role == ROLE_SOURCE):
        base = _directory(state)
    elif kind == BASE_SOURCE_ONLY:
        base = b"<UNKNOWN>"
    elif kind == BASE_TWO_DIRS:
        base = dir_of(state, path, param_i64(&state.evt, 3 if role == ROLE_TARGET else 1, -1))
    else:
        base = state.thread.get_cwd()
    return join_path(base, path, <uint32_t>len(path))


cdef int _name(State state, Extractor self, Value* out) except -1:
    return self.give(_resolved(state, ROLE_NAME), out)


cdef int _name_raw(State state, Extractor self, Value* out) except -1:
    return self.give(_raw(state, ROLE_NAME), out)


cdef int _source(State state, Extractor self, Value* out) except -1:
    return self.give(_resolved(state, ROLE_SOURCE), out)


cdef int _source_raw(State state, Extractor self, Value* out) except -1:
    return self.give(_raw(state, ROLE_SOURCE), out)


cdef int _target(State state, Extractor self, Value* out) except -1:
    return self.give(_resolved(state, ROLE_TARGET), out)


cdef int _target_raw(State state, Extractor self, Value* out) except -1:
    return self.give(_raw(state, ROLE_TARGET), out)


cdef void _plan(dict params, str event, tuple names, bint from_enter) except *:
    """`names` are the parameters with name, source and target; "" for none."""
    cdef PathPlan* plan = &PLANS[<int>EVENT_IDS[event]]
    cdef int role
    plan.known = True
    plan.from_enter = from_enter
    plan.makes_fd = event.startswith("OPEN")
    plan.base = BASES.get(event, BASE_CWD)
    listed = params[event.removesuffix("X") + "E" if from_enter else event]
    for role in range(3):
        plan.at[role] = listed.index(names[role]) if names[role] in listed else NOWHERE


cdef void _set_up() except *:
    cdef uint32_t needs = NEED_FD | NEED_THREAD
    params = {name: [param["name"] for param in EVENT_TABLE["events"][event_id]["params"]] for name, event_id in EVENT_IDS.items()}
    for event, name in NAMES.items():
        _plan(params, event, (name, "", ""), False)
    for event, (source, target) in PAIRS.items():
        _plan(params, event, ("", source, target), False)
    for event, names in ENTERS.items():
        _plan(params, event, names, True)
    for event in ("FCHMOD_X", "FCHOWN_X"):
        _plan(params, event, ("", "", ""), False)
        PLANS[<int>EVENT_IDS[event]].at[<int>ROLE_NAME] = FD_NAME
    register("fs.path.name", _name, needs)
    register("fs.path.nameraw", _name_raw, needs)
    register("fs.path.source", _source, needs)
    register("fs.path.sourceraw", _source_raw, needs)
    register("fs.path.target", _target, needs)
    register("fs.path.targetraw", _target_raw, needs)


_set_up()
