"""Which container a thread belongs to, and what container events say about it.

Who opens the source says how cgroups name a container (State.container_of); container events fill in the rest
(libs: userspace/libsinsp/container.cpp, parsers.cpp, parse_container_json_evt). The newest producers send them as
async events of the container plugin.
"""

import json

from csyspy.engine.event cimport event_param, param_str, param_u64
from csyspy.engine.handlers.dispatch cimport handle_all
from csyspy.engine.state cimport NEED_THREAD
from csyspy.engine.threads cimport CAT_CONTAINER, CAT_HEALTHCHECK, CAT_LIVENESS_PROBE, CAT_NONE, CAT_READINESS_PROBE, others_changed

cdef enum:
    MAX_CACHED = 4096    # different cgroup texts of one source; a hostile file may hold as many as it has events

cdef enum LookupState:   # libs: container_info.h, sinsp_container_lookup::state
    LOOKUP_SUCCESSFUL = 1

cdef tuple PROBES = ((b"Healthcheck", CAT_HEALTHCHECK), (b"LivenessProbe", CAT_LIVENESS_PROBE), (b"ReadinessProbe", CAT_READINESS_PROBE))


cdef int take_cgroups(State state, ThreadInfo info, const uint8_t* text, uint32_t n) except -1:
    cdef bytes raw = (<const char*>text)[:n]
    known = state.cgroup_cache.get(raw)
    if known is None:
        info.set_cgroups(text, n)
        known = (info.cgroups, _match(state, info.cgroups))
        if len(state.cgroup_cache) >= MAX_CACHED:
            state.cgroup_cache.clear()
        state.cgroup_cache[raw] = known
    info.cgroups = known[0]
    return _place(state, info, known[1])


cdef int resolve_container(State state, ThreadInfo info) except -1:
    return _place(state, info, _match(state, info.cgroups))


cdef object _match(State state, list cgroups):
    return state.container_of(cgroups) if state.container_of is not None and cgroups else None


cdef int _place(State state, ThreadInfo info, object match) except -1:
    """Put `info` in the container (id, type) that its cgroups name, or on the host."""
    if match is None:
        info.container_id = ""
    else:
        info.container_id = match[0]
        if match[0] not in state.containers:
            state.containers[match[0]] = {"id": match[0], "type": match[1], "name": match[2]}
            others_changed()
        _categorise(state, info)
    info.changed()
    return 0


cdef int _categorise(State state, ThreadInfo info) except -1:
    """Why a process runs in its container (libs: container.cpp, identify_category); children inherit it."""
    cdef ThreadInfo at
    cdef int steps = 0
    if info.vpid == 1:
        info.category = CAT_CONTAINER
        return 0
    at = state.threads.parent(info)
    if at is not None and at.category != CAT_NONE:
        info.category = at.category
        return 0
    container = state.containers[info.container_id]
    for key, category in PROBES:
        probe = container.get(key.decode())
        if isinstance(probe, dict) and probe.get("exe") == info.exe.decode(errors="replace"):
            if (probe.get("args") or []) == [arg.decode(errors="replace") for arg in info.args]:
                break
    else:
        return 0
    while at is not None and steps < 1000:     # a process below the container's init is no probe
        if at.vpid == 1 and at.container_id:
            return 0
        at = state.threads.parent(at)
        steps += 1
    info.category = category
    return 0


cdef dict _object(const char* text, uint32_t n):
    """The container object of an event's JSON, its id clean text; None for anything else, whatever it is."""
    try:
        container = json.loads(text[:n].rstrip(b"\0\n"))["container"]
        name = container["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(container, dict) or not isinstance(name, str) or not name:
        return None
    container["id"] = name.encode("utf-8", "replace").decode()
    return container


cdef int _take_json(State state, const char* text, uint32_t n) except -1:
    """Store the container object of a container event."""
    cdef dict container = _object(text, n)
    if container is None:
        return 0
    if "lookup_state" in container and container["lookup_state"] != LOOKUP_SUCCESSFUL:
        state.hidden = True
    state.containers[container["id"]] = container
    others_changed()
    state.evt_container = container["id"]
    return 0


cdef int _json_event(State state) except -1:
    cdef ThreadInfo info
    cdef const uint8_t* p
    cdef uint32_t n
    if not event_param(&state.evt, 0, &p, &n):
        return 0
    _take_json(state, <const char*>p, n)
    if state.evt_container is not None:
        # Such events show a thread of that name (libs: container_info.cpp, get_tinfo).
        info = ThreadInfo()
        info.vtid = info.vpid = -2
        info.comm = info.exe = b"container:" + state.evt_container.encode()
        info.container_id = state.evt_container
        state.thread = info
        state.evt_container = None
    return 0


cdef int _old_event(State state) except -1:
    cdef bytes name = param_str(&state.evt, 0)
    cdef str key
    if name is None:
        return 0
    key = name.decode(errors="replace")
    others_changed()
    state.containers[key] = {
        "id": key,
        "type": param_u64(&state.evt, 1, 0),
        "name": (param_str(&state.evt, 2) or b"").decode(errors="replace"),
        "image": (param_str(&state.evt, 3) or b"").decode(errors="replace"),
    }
    return 0


cdef int _async_event(State state) except -1:
    cdef bytes name = param_str(&state.evt, 1)
    cdef const uint8_t* p
    cdef uint32_t n
    if not event_param(&state.evt, 2, &p, &n):
        return 0
    if name == b"container":
        _take_json(state, <const char*>p, n)
    elif name == b"container_removed":
        container = _object(<const char*>p, n)
        if container is not None:
            state.containers.setdefault(container["id"], container)
            others_changed()
            state.evt_container = container["id"]
            state.deferred.append(container["id"])
    return 0


handle_all(("CONTAINER_JSON_E", "CONTAINER_JSON_2_E"), _json_event, NEED_THREAD)
handle_all(("CONTAINER_E",), _old_event, NEED_THREAD)
handle_all(("ASYNCEVENT_E",), _async_event, NEED_THREAD)
