"""container.cpu.*, container.memory.*, container.restarts and what they come to for a pod: how much there may be, and how much there is.

Limits are members of the container's JSON, by libs' names (cpu_quota, cpu_period, cpu_shares, memory_limit); restarts are csyspy's own
(restart_count), or the API server's; a pod's limits are those that the API server names for all its containers. What control groups count
(csyspy.containers.cgroup_files) is in the member `cgroup`, where somebody reads them: captures do not have it.
"""

from csyspy.engine.extract.container cimport container_of_thread, json_text, labels_of
from csyspy.engine.extract.thread cimport cpu_percent
from csyspy.engine.state cimport NEED_CPU, NEED_THREAD, State
from csyspy.engine.value cimport VK_DOUBLE, Extractor, Value, give_int, give_uint, register

cdef enum:
    NO_SHARES = 2           # what the kubelet gives a container that requests no CPU
    SHARES_OF_A_CPU = 1024

cdef double UNLIMITED = 2.0**60     # cgroup v1 has a number near the largest for "no limit"
cdef dict _SUFFIXES = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
                       "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60}


cdef double _number(object value) except? -1:
    return <double>value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


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


cdef double _pods_cpu_limit(dict container) except? -1:
    return 100 * _of_all(container, "limits", "cpu")


cdef double _pods_cpu_request(dict container) except? -1:
    return 100 * _of_all(container, "requests", "cpu")


cdef double _pods_memory_limit(dict container) except? -1:
    return _of_all(container, "limits", "memory")


cdef double _allowance(str name, dict container) except? -1:
    """What a field is about, or a share of; 0 for none."""
    if name.startswith("container.cpu."):
        return _cpu_request(container) if name.endswith("request") else _cpu_limit(container)
    if name.startswith("container.memory."):
        return _memory_limit(container)
    if name.startswith("k8s.pod.cpu."):
        return _pods_cpu_request(container) if name.endswith("request") else _pods_cpu_limit(container)
    return _pods_memory_limit(container)


cdef int _percent(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    out.kind = VK_DOUBLE
    out.d = _allowance(self.name, container) if container is not None else 0.0
    return out.d > 0


cdef int _bytes(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    cdef double limit = _allowance(self.name, container) if container is not None else 0.0
    return give_uint(out, <unsigned long long>limit) if limit > 0 else 0


cdef int _cpu_share(State state, Extractor self, Value* out) except -1:
    """What the thread used (thread.cpu), in percent of what its container, or its pod, may use or has asked for."""
    cdef double allowance
    container = container_of_thread(state)
    allowance = _allowance(self.name, container) if container is not None else 0.0
    if allowance <= 0 or not cpu_percent(state, self, out):
        return 0
    out.d = 100 * out.d / allowance
    return 1


cdef int _restarts(State state, Extractor self, Value* out) except -1:
    """The API server counts on where the runtime begins anew."""
    container = container_of_thread(state)
    if container is None:
        return 0
    own = labels_of(labels_of(container, "k8s"), "restarts").get(container.get("name"))
    found = own if own is not None else container.get("restart_count")
    return give_int(out, found) if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < UNLIMITED else 0


cdef int _throttled(State state, Extractor self, Value* out) except -1:
    found = container_of_thread(state)
    found = labels_of(found, "cgroup").get("throttled_percent") if found is not None else None
    out.kind = VK_DOUBLE
    out.d = found if isinstance(found, float) else 0.0
    return isinstance(found, float)


cdef int _memory_used(State state, Extractor self, Value* out) except -1:
    found = container_of_thread(state)
    found = labels_of(found, "cgroup").get("memory_bytes") if found is not None else None
    return give_int(out, found) if isinstance(found, int) and 0 <= found < UNLIMITED else 0


cdef int _memory_share(State state, Extractor self, Value* out) except -1:
    cdef double limit
    container = container_of_thread(state)
    limit = _allowance(self.name, container) if container is not None else 0.0
    if limit <= 0 or not _memory_used(state, self, out):
        return 0
    out.d = 100.0 * <double>out.i / limit
    out.kind = VK_DOUBLE
    return 1


for _of in ("container", "k8s.pod"):
    register(f"{_of}.cpu.limit", _percent, NEED_THREAD)
    register(f"{_of}.cpu.request", _percent, NEED_THREAD)
    register(f"{_of}.cpu.of_limit", _cpu_share, NEED_THREAD | NEED_CPU)
    register(f"{_of}.cpu.of_request", _cpu_share, NEED_THREAD | NEED_CPU)
    register(f"{_of}.memory.limit", _bytes, NEED_THREAD)
register("container.memory.used", _memory_used, NEED_THREAD)
register("container.memory.of_limit", _memory_share, NEED_THREAD)
register("container.cpu.throttled", _throttled, NEED_THREAD)
register("container.restarts", _restarts, NEED_THREAD)
