"""container.cpu.*, container.memory.*, container.restarts and what they come to for a pod: how much there may be, and how much there is.

Limits are members of the container's JSON, by libs' names (cpu_quota, cpu_period, cpu_shares, memory_limit); restarts are csyspy's own
(restart_count), or the API server's; a pod's limits are those that the API server names for all its containers. What control groups count
(csyspy.containers.cgroup_files) is in the member `cgroup`, where somebody reads them: captures do not have it.
"""

from libc.math cimport NAN
from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from csyspy.engine.extract.category cimport event_id
from csyspy.engine.extract.container cimport container_of_thread, labels_of
from csyspy.engine.extract.thread cimport cpu_percent
from csyspy.engine.state cimport NEED_CPU, NEED_THREAD, State
from csyspy.engine.value cimport VK_DOUBLE, Extractor, Value, give_uint, register

cdef enum:
    NO_SHARES = 2           # what the kubelet gives a container that requests no CPU
    SHARES_OF_A_CPU = 1024

cdef uint32_t PROCINFO = event_id("PROCINFO_E")
cdef double UNLIMITED = 2.0**60     # cgroup v1 has a number near the largest for "no limit"
cdef dict _SUFFIXES = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
                       "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60}


cdef double _number(object value) except? -1:
    """The number, 0 for anything else, whatever a capture has there."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return 0.0
    try:
        return <double>value
    except OverflowError:
        return 0.0


cdef double _quantity(object value) except? -1:
    """A quantity of Kubernetes (`500m`, `64Mi`, `2`), 0 where it is none."""
    cdef str text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    for n in (2, 1):
        if text[-n:] in _SUFFIXES:
            text, factor = text[:-n], _SUFFIXES[text[-n:]]
            break
    else:
        factor = 1.0
    try:
        found = float(text) * factor
    except ValueError:
        return 0.0
    return found if 0 < found < UNLIMITED else 0.0


cdef dict _resources(dict container):
    """What the API server says of requests and limits, by container of the pod."""
    return labels_of(labels_of(container, "k8s"), "resources")


cdef double _of_all(dict container, str which, str what) except? -1:
    """Sum over the pod's containers; 0 where one of them has none, so that the pod has none either."""
    cdef double total = 0, one
    for entry in _resources(container).values():
        one = _quantity(labels_of(entry, which).get(what)) if isinstance(entry, dict) else 0.0
        if one == 0:
            return 0.0
        total += one
    return total


cdef double _cpu_limit(dict container) except? -1:
    """Percent of a CPU, 0 for none."""
    cdef double quota = _number(container.get("cpu_quota")), period = _number(container.get("cpu_period"))
    return 100 * quota / period if quota > 0 and period > 0 else 0.0


cdef double _cpu_request(dict container) except? -1:
    """Percent of a CPU, 0 for none. Shares are a request only where a kubelet has set them; they are in proportion to it."""
    cdef double asked
    cdef double shares = _number(container.get("cpu_shares"))
    own = _resources(container).get(container.get("name"))
    if isinstance(own, dict):
        asked = _quantity(labels_of(own, "requests").get("cpu"))
        if asked > 0:
            return 100 * asked
    if "io.kubernetes.pod.uid" not in labels_of(container, "labels") or shares <= NO_SHARES:
        return 0.0
    return 100 * shares / SHARES_OF_A_CPU


cdef double _memory_limit(dict container) except? -1:
    """Bytes, 0 for none."""
    cdef double limit = _number(container.get("memory_limit"))
    return limit if 0 < limit < UNLIMITED else 0.0


cdef double _used(dict container) except? -1:
    """Bytes, 0 where nobody has read it."""
    return _number(labels_of(container, "cgroup").get("memory_bytes"))


cdef double _restarts(dict container) except? -1:
    """The API server counts on where the runtime begins anew; -1 where nobody says."""
    own = labels_of(labels_of(container, "k8s"), "restarts").get(container.get("name"))
    found = own if own is not None else container.get("restart_count")
    return _number(found) if isinstance(found, int) and not isinstance(found, bool) else -1.0


cdef double _throttled(dict container) except? -1:
    """Percent, -1 where nobody has read it."""
    found = labels_of(container, "cgroup").get("throttled_percent")
    return found if isinstance(found, float) else -1.0


cdef double _value(str name, dict container) except? -1:
    """What a field says of a container, or what a share of it is taken of; NAN for nothing."""
    cdef double found, limit
    if name == "container.restarts":
        found = _restarts(container)
        return found if 0 <= found < UNLIMITED else NAN
    if name == "container.cpu.throttled":
        found = _throttled(container)
        return found if found >= 0 else NAN
    if name == "container.memory.of_limit":
        found, limit = _used(container), _memory_limit(container)
        return 100 * found / limit if found > 0 and limit > 0 else NAN
    if name == "container.memory.used":
        found = _used(container)
    elif name == "container.memory.limit":
        found = _memory_limit(container)
    elif name.startswith("container.cpu."):
        found = _cpu_request(container) if name.endswith("request") else _cpu_limit(container)
    elif name == "k8s.pod.memory.limit":
        found = _of_all(container, "limits", "memory")
    elif name.endswith("request"):
        found = 100 * _of_all(container, "requests", "cpu")
    else:
        found = 100 * _of_all(container, "limits", "cpu")
    return found if 0 < found < UNLIMITED else NAN


cdef double _remembered(State state, Extractor self) except? -1:
    """`_value` of the container of the event: asked for with every event, it changes only with the object that tells of it."""
    cdef double found
    cdef dict container = container_of_thread(state)
    if container is None:
        return NAN
    if self.held_items is not None and self.held_items[0] is container:
        memcpy(&found, &self.scratch[3], sizeof(double))    # the others are cpu_percent's
        return found
    found = _value(self.name, container)
    self.held_items = [container]
    memcpy(&self.scratch[3], &found, sizeof(double))
    return found


cdef int _double(State state, Extractor self, Value* out) except -1:
    out.kind = VK_DOUBLE
    out.d = _remembered(state, self)
    return out.d == out.d


cdef int _whole(State state, Extractor self, Value* out) except -1:
    cdef double found = _remembered(state, self)
    return give_uint(out, <unsigned long long>found) if found == found else 0


cdef int _cpu_share(State state, Extractor self, Value* out) except -1:
    """What the thread used (thread.cpu), in percent of what its container, or its pod, may use or has asked for."""
    cdef double allowance
    if state.evt.type != PROCINFO:    # which all but one event in many are
        return 0
    allowance = _remembered(state, self)
    if allowance != allowance or not cpu_percent(state, self, out):
        return 0
    out.d = 100 * out.d / allowance
    return 1


for _of in ("container", "k8s.pod"):
    register(f"{_of}.cpu.limit", _double, NEED_THREAD)
    register(f"{_of}.cpu.request", _double, NEED_THREAD)
    register(f"{_of}.cpu.of_limit", _cpu_share, NEED_THREAD | NEED_CPU)
    register(f"{_of}.cpu.of_request", _cpu_share, NEED_THREAD | NEED_CPU)
    register(f"{_of}.memory.limit", _whole, NEED_THREAD)
register("container.memory.used", _whole, NEED_THREAD)
register("container.memory.of_limit", _double, NEED_THREAD)
register("container.cpu.throttled", _double, NEED_THREAD)
register("container.restarts", _whole, NEED_THREAD)
