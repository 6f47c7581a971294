"""Users and groups that come as events (libs: userspace/libsinsp/parsers.cpp, parse_user_evt; user.cpp).

They add to State.users and State.groups, under the bare id for the host, under (container id, id) for a container.
"""

from libc.stdint cimport uint32_t

from csyspy.engine.event cimport Event, param_str, param_u64
from csyspy.engine.handlers.dispatch cimport handle_all
from csyspy.engine.state cimport NEED_THREAD, State
from csyspy.engine.threads cimport others_changed

cdef enum:
    USER_ADDED_E = 354
    GROUP_ADDED_E = 358


cdef str _text(Event* e, uint32_t i):
    cdef bytes raw = param_str(e, i)
    return raw.decode(errors="surrogateescape") if raw is not None else ""


cdef object _key(Event* e, uint32_t at):
    """Where the entry goes; `at` is the container id's parameter, the first one is the user's or group's id."""
    cdef str container = _text(e, at)
    number = param_u64(e, 0, 0)
    return (container, number) if container and container != "<NA>" else number


cdef int user_event(State state) except -1:
    cdef Event* e = &state.evt
    cdef str name = _text(e, 2)
    key = _key(e, 5)
    others_changed()
    if e.type == USER_ADDED_E:
        if not name.startswith(("+", "-")):     # entries of the name service, not users
            state.users[key] = (name, param_u64(e, 1, 0), _text(e, 3), _text(e, 4))
    else:
        state.users.pop(key, None)
    return 0


cdef int group_event(State state) except -1:
    cdef Event* e = &state.evt
    cdef str name = _text(e, 1)
    key = _key(e, 2)
    others_changed()
    if e.type == GROUP_ADDED_E:
        if not name.startswith(("+", "-")):
            state.groups[key] = name
    else:
        state.groups.pop(key, None)
    return 0


handle_all(("USER_ADDED_E", "USER_DELETED_E"), user_event, NEED_THREAD)
handle_all(("GROUP_ADDED_E", "GROUP_DELETED_E"), group_event, NEED_THREAD)
