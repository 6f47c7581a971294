"""Objects of the API server, and what they say of a pod: its owners, the services that select it, its namespace.

Only what fields and views read is kept of each object: name, uid, labels, owners, selector, requests and limits.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from csyspy.containers.untrusted import items, mapping, number, text


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of objects that are listed and watched."""

    kind: str
    path: str
    """Of the list in the API, all namespaces together."""
    of_node: bool = False
    """Only those of this node are asked for."""


RESOURCES: Final = (
    Resource("Pod", "/api/v1/pods", of_node=True),
    Resource("Namespace", "/api/v1/namespaces"),
    Resource("Service", "/api/v1/services"),
    Resource("ReplicationController", "/api/v1/replicationcontrollers"),
    Resource("ReplicaSet", "/apis/apps/v1/replicasets"),
    Resource("Deployment", "/apis/apps/v1/deployments"),
    Resource("DaemonSet", "/apis/apps/v1/daemonsets"),
    Resource("StatefulSet", "/apis/apps/v1/statefulsets"),
    Resource("Job", "/apis/batch/v1/jobs"),
)
"""What deploy/ grants the right to get, list and watch."""
OWNER_MEMBERS: Final = {
    "ReplicationController": "rc",
    "ReplicaSet": "rs",
    "Deployment": "deployment",
    "DaemonSet": "daemonset",
    "StatefulSet": "statefulset",
    "Job": "job",
}
"""Kind of an owner -> its member in a pod's description."""
MAX_OWNERS: Final = 4  # a chain of pod, replica set, deployment; more is a loop

Key = tuple[str, str, str]
"""(kind, namespace, name)"""


@dataclass(frozen=True, slots=True)
class Object:
    """What is kept of an object."""

    kind: str
    name: str
    namespace: str
    uid: str
    labels: Mapping[str, str]
    owners: tuple[tuple[str, str], ...] = ()
    """(kind, name), the controller first."""
    selector: Mapping[str, str] = field(default_factory=dict)
    """Of a service; one without a selector selects nothing."""
    pod: Mapping[str, Any] = field(default_factory=dict)
    """Of a pod: node, phase, ip, restarts by container, requests and limits by container."""

    @property
    def key(self) -> Key:
        """Names the object in its cluster."""
        return self.kind, self.namespace, self.name


def object_of(kind: str, raw: Mapping[str, Any]) -> Object | None:
    """The object in the API's JSON; None where it has no name."""
    meta, spec = mapping(raw.get("metadata")), mapping(raw.get("spec"))
    name = text(meta.get("name"))
    if not name:
        return None
    owners = [mapping(entry) for entry in items(meta.get("ownerReferences"))]
    owners.sort(key=lambda owner: owner.get("controller") is not True)
    return Object(
        kind,
        name,
        text(meta.get("namespace")),
        text(meta.get("uid")),
        _labels(meta.get("labels")),
        tuple((text(owner.get("kind")), text(owner.get("name"))) for owner in owners),
        _labels(spec.get("selector")) if kind == "Service" else {},
        _pod(spec, mapping(raw.get("status"))) if kind == "Pod" else {},
    )


def _labels(raw: object) -> dict[str, str]:
    return {key: value for key, value in mapping(raw).items() if isinstance(value, str)}


def _pod(spec: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    states = [mapping(entry) for entry in items(status.get("containerStatuses"))]
    containers = [mapping(entry) for entry in items(spec.get("containers"))]
    return {
        "node": text(spec.get("nodeName")),
        "phase": text(status.get("phase")),
        "ip": text(status.get("podIP")),
        "restarts": {text(state.get("name")): number(state.get("restartCount")) for state in states},
        "resources": {text(entry.get("name")): mapping(entry.get("resources")) for entry in containers},
    }


class PodStore:
    """All objects known, by what watches tell. May be used from several threads."""

    def __init__(self, changed: Callable[[set[str]], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._objects: dict[Key, Object] = {}
        self._pods: dict[str, Object] = {}
        self.changed = changed
        """Called, on the thread that made the change, with the uids of the pods whose description may differ now."""

    def put(self, found: Object) -> None:
        """A new object, or a new state of one."""
        with self._lock:
            if self._objects.get(found.key) == found:
                return
            touched = self._touched(self._objects.get(found.key)) | self._put(found)
        self._tell(touched)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """An object is gone. What is known of a pod stays: its last events may not have been read yet."""
        with self._lock:
            gone = self._objects.pop((kind, namespace, name), None)
            touched = self._touched(gone) if kind != "Pod" else set()
        self._tell(touched)

    def replace(self, kind: str, found: Iterable[Object]) -> None:
        """A whole list: objects of that kind that are not in it are gone."""
        new = {entry.key: entry for entry in found}
        with self._lock:
            old = {key: entry for key, entry in self._objects.items() if key[0] == kind}
            touched: set[str] = set()
            for key in old.keys() - new.keys():
                del self._objects[key]
                touched |= self._touched(old[key])
            for key, entry in new.items():
                if old.get(key) != entry:
                    touched |= self._touched(old.get(key)) | self._put(entry)
        self._tell(touched)

    def _put(self, found: Object) -> set[str]:
        self._objects[found.key] = found
        if found.kind == "Pod":
            self._pods[found.uid] = found
            self._drop_old_pods()
        return self._touched(found)

    def _drop_old_pods(self, most: int = 4096) -> None:
        if len(self._pods) > most:
            there = {entry.uid for entry in self._objects.values() if entry.kind == "Pod"}
            for uid in [uid for uid in self._pods if uid not in there][: most // 2]:
                del self._pods[uid]

    def _touched(self, entry: Object | None) -> set[str]:
        """Uids of the pods that an object says something of."""
        if entry is None:
            return set()
        if entry.kind == "Pod":
            return {entry.uid}
        if entry.kind == "Namespace":
            return {uid for uid, pod in self._pods.items() if pod.namespace == entry.name}
        if entry.kind == "Service":
            return {uid for uid, pod in self._pods.items() if selects(entry, pod)}
        return {uid for uid, pod in self._pods.items() if any(owner.key == entry.key for owner in self._owners(pod))}

    def _tell(self, touched: set[str]) -> None:
        if touched and self.changed is not None:
            self.changed(touched)

    def describe(self, pod_uid: str) -> dict[str, Any] | None:
        """What is known of a pod, as the member `k8s` of a container's JSON; None where the pod is not known.

        node, phase, ip, restarts, resources of the pod; `ns`, `rc`, `rs`, `deployment`, `daemonset`, `statefulset`, `job` with name, id
        and labels where there is one; `svc`, a list of such."""
        with self._lock:
            pod = self._pods.get(pod_uid)
            if pod is None:
                return None
            out: dict[str, Any] = {**pod.pod, "labels": dict(pod.labels)}
            namespace = self._objects.get(("Namespace", "", pod.namespace))
            if namespace is not None:
                out["ns"] = _named(namespace)
            for owner in self._owners(pod):
                if owner.kind in OWNER_MEMBERS:
                    out[OWNER_MEMBERS[owner.kind]] = _named(owner)
            services = [entry for entry in self._objects.values() if entry.kind == "Service" and selects(entry, pod)]
            if services:
                out["svc"] = [_named(service) for service in sorted(services, key=lambda service: service.name)]
            return out

    def _owners(self, pod: Object) -> Iterable[Object]:
        """The controllers above a pod, the nearest first. One that is not known has its name only."""
        at = pod
        for _ in range(MAX_OWNERS):
            if not at.owners:
                return
            kind, name = at.owners[0]
            at = self._objects.get((kind, pod.namespace, name)) or Object(kind, name, pod.namespace, "", {})
            yield at


def selects(service: Object, pod: Object) -> bool:
    """Whether a service's selector fits a pod."""
    if service.namespace != pod.namespace or not service.selector:
        return False
    return all(pod.labels.get(key) == value for key, value in service.selector.items())


def _named(entry: Object) -> dict[str, Any]:
    return {"name": entry.name, "id": entry.uid, "labels": dict(entry.labels)}
