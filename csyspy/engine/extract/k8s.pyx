"""k8s.*: the pod, from the labels its runtime puts on containers (0.29.3: filterchecks.cpp, sinsp_filter_check_k8s::extract).

Newer producers also name the pod's sandbox container (libs: sinsp_filtercheck_k8s.cpp); labels, address and network come from it.
Replication controllers, services, deployments and so on are not in any capture: the API server knew them.
"""

from csyspy.engine.extract.container cimport container_of_thread, join_labels, json_text, labels_of
from csyspy.engine.state cimport NEED_THREAD, State
from csyspy.engine.value cimport Extractor, Value, register

cdef enum:
    SHORT_ID = 12

cdef dict LABELS = {"k8s.pod.name": "io.kubernetes.pod.name", "k8s.ns.name": "io.kubernetes.pod.namespace",
                    "k8s.pod.id": "io.kubernetes.pod.uid", "k8s.pod.uid": "io.kubernetes.pod.uid"}
cdef tuple API_SERVER_ONLY = tuple(f"k8s.{what}.{part}" for what in ("rc", "svc", "rs", "deployment")
                                   for part in ("name", "id", "label", "labels")) + ("k8s.ns.id", "k8s.ns.label", "k8s.ns.labels")


cdef int _from_label(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None:
        return 0
    value = labels_of(container, "labels").get(LABELS[self.name])
    return self.give(json_text(value), out) if isinstance(value, str) else 0


cdef dict _sandbox(State state, dict container):
    """The container object of the pod's sandbox; None where it is unknown."""
    sandbox = container.get("pod_sandbox_id") or labels_of(container, "labels").get("io.kubernetes.sandbox.id")
    return state.containers.get(sandbox[:SHORT_ID]) if isinstance(sandbox, str) and sandbox else None


cdef dict _pod_labels(State state, dict container):
    """Labels of the pod; None where nothing says that there is one."""
    sandbox = _sandbox(state, container)
    if sandbox is not None:
        return labels_of(sandbox, "pod_sandbox_labels") or labels_of(sandbox, "labels")
    return labels_of(container, "pod_sandbox_labels") if container.get("pod_sandbox_id") else None


cdef int _pod_label(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    labels = _pod_labels(state, container) if container is not None else None
    if labels is None:
        return 0
    value = labels.get(self.arg)
    return self.give(json_text(value), out) if isinstance(value, str) else 0


cdef int _all_pod_labels(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    labels = _pod_labels(state, container) if container is not None else None
    return self.give(join_labels(labels, True), out) if labels is not None else 0


cdef int _sandbox_id(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    text = json_text(container.get("pod_sandbox_id")) if container is not None else b""
    if not text:
        return 0
    return self.give(text[:SHORT_ID] if self.name == "k8s.pod.sandbox_id" else text, out)


cdef int _of_pod(State state, Extractor self, Value* out, str member, bytes missing) except -1:
    """A member that the container has itself, or else its sandbox."""
    container = container_of_thread(state)
    if container is None or not container.get("pod_sandbox_id"):
        return 0
    if not container.get("cni_json"):
        container = _sandbox(state, container) or container
    return self.give(json_text(container.get(member)) or missing, out)


cdef int _pod_ip(State state, Extractor self, Value* out) except -1:
    return _of_pod(state, self, out, "ip", b"0.0.0.0")


cdef int _pod_cni(State state, Extractor self, Value* out) except -1:
    return _of_pod(state, self, out, "cni_json", b"")


cdef int _nothing(State state, Extractor self, Value* out) except -1:
    return 0


for _field in LABELS:
    register(_field, _from_label, NEED_THREAD)
register("k8s.pod.label", _pod_label, NEED_THREAD)
register("k8s.pod.labels", _all_pod_labels, NEED_THREAD)
register("k8s.pod.sandbox_id", _sandbox_id, NEED_THREAD)
register("k8s.pod.full_sandbox_id", _sandbox_id, NEED_THREAD)
register("k8s.pod.ip", _pod_ip, NEED_THREAD)
register("k8s.pod.cni.json", _pod_cni, NEED_THREAD)
for _field in API_SERVER_ONLY:
    register(_field, _nothing, NEED_THREAD)
