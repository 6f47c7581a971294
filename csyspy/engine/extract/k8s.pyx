"""k8s.*: the pod, from the labels its runtime puts on containers (0.29.3: filterchecks.cpp, sinsp_filter_check_k8s::extract).

Newer producers also name the pod's sandbox container (libs: sinsp_filtercheck_k8s.cpp); labels, address and network come from it.
Replication controllers, services, deployments and so on come from the API server: csyspy puts what it was told into the member `k8s` of
the container's JSON (csyspy.containers.kubernetes.store, PodStore.describe); captures of others do not have it.
"""

from csyspy.engine.extract.container cimport container_of_thread, join_labels, json_text, labels_of
from csyspy.engine.state cimport NEED_THREAD, State
from csyspy.engine.value cimport Extractor, Value, register

cdef enum:
    SHORT_ID = 12

cdef dict LABELS = {"k8s.pod.name": "io.kubernetes.pod.name", "k8s.ns.name": "io.kubernetes.pod.namespace",
                    "k8s.pod.id": "io.kubernetes.pod.uid", "k8s.pod.uid": "io.kubernetes.pod.uid"}
# Second parts of the fields: members of `k8s`.
cdef tuple FROM_API = ("rc", "svc", "rs", "deployment", "daemonset", "statefulset", "job", "ns")


cdef int _from_label(State state, Extractor self, Value* out) except -1:
    """Looked at anew where another object tells of the container: views ask with every event while they have no text."""
    container = container_of_thread(state)
    if container is None:
        return 0
    if self.held_items is None or self.held_items[0] is not container:
        value = labels_of(container, "labels").get(LABELS[self.name])
        self.held_items = [container]
        self.held = json_text(value) if isinstance(value, str) else None
    return self.give(self.held, out)


cdef dict _sandbox(State state, dict container):
    """The container object of the pod's sandbox; None where it is unknown."""
    sandbox = container.get("pod_sandbox_id") or labels_of(container, "labels").get("io.kubernetes.sandbox.id")
    return state.containers.get(sandbox[:SHORT_ID]) if isinstance(sandbox, str) and sandbox else None


cdef dict _pod_labels(State state, dict container):
    """Labels of the pod; None where nothing says that there is one. The API server has the newest."""
    if isinstance(labels_of(container, "k8s").get("labels"), dict):
        return container["k8s"]["labels"]
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


cdef list _from_api(State state, str what):
    """The objects of a kind that the API server named for the pod, none or one, or several services."""
    container = container_of_thread(state)
    if container is None:
        return []
    found = labels_of(container, "k8s").get(what)
    return [entry for entry in (found if isinstance(found, list) else [found]) if isinstance(entry, dict)]


cdef int _owner(State state, Extractor self, Value* out) except -1:
    """Name or id of an owner, a namespace or the services; a text that several share is joined by commas."""
    cdef str what, part
    _, what, part = self.name.split(".")
    texts = [text for text in [json_text(entry.get(part)) for entry in _from_api(state, what)] if text]
    return self.give(b", ".join(texts), out) if texts else 0


cdef int _owner_label(State state, Extractor self, Value* out) except -1:
    entries = _from_api(state, self.name.split(".")[1])
    texts = [text for text in [json_text(labels_of(entry, "labels").get(self.arg)) for entry in entries] if text]
    return self.give(b", ".join(texts), out) if texts else 0


cdef int _owner_labels(State state, Extractor self, Value* out) except -1:
    entries = _from_api(state, self.name.split(".")[1])
    texts = [text for text in [join_labels(labels_of(entry, "labels"), False) for entry in entries] if text]
    return self.give(b", ".join(texts), out) if entries else 0


cdef int _node_name(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    node = json_text(labels_of(container, "k8s").get("node")) if container is not None else b""
    return self.give(node, out) if node else 0


cdef int _pod_image(State state, Extractor self, Value* out) except -1:
    """The image of the container where it is one of a pod's; its sandbox does nothing of the pod's work."""
    container = container_of_thread(state)
    if container is None or container.get("is_pod_sandbox") is True or not labels_of(container, "labels").get(LABELS["k8s.pod.name"]):
        return 0
    image = json_text(container.get("image"))
    return self.give(image, out) if image else 0


for _field in LABELS:
    register(_field, _from_label, NEED_THREAD)
register("k8s.pod.label", _pod_label, NEED_THREAD)
register("k8s.pod.labels", _all_pod_labels, NEED_THREAD)
register("k8s.pod.sandbox_id", _sandbox_id, NEED_THREAD)
register("k8s.pod.full_sandbox_id", _sandbox_id, NEED_THREAD)
register("k8s.pod.image", _pod_image, NEED_THREAD)
register("k8s.pod.ip", _pod_ip, NEED_THREAD)
register("k8s.pod.cni.json", _pod_cni, NEED_THREAD)
register("k8s.node.name", _node_name, NEED_THREAD)
for _what in FROM_API:
    if _what != "ns":
        register(f"k8s.{_what}.name", _owner, NEED_THREAD)
    register(f"k8s.{_what}.id", _owner, NEED_THREAD)
    register(f"k8s.{_what}.label", _owner_label, NEED_THREAD)
    register(f"k8s.{_what}.labels", _owner_labels, NEED_THREAD)
