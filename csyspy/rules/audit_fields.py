"""The fields of Kubernetes audit events: `ka.*`, `json.*`, `jevt.*` and those that every event has.

What each takes from the event follows the documentation of the k8saudit and json plug-ins (falcosecurity/plugins:
plugins/k8saudit/pkg/k8saudit/fields.go, plugins/json). Where the plug-in itself misses its documentation, as for ka.sourceips and the
effective users, csyspy does what is documented.
"""

import json
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from csyspy.fields.names import FieldRef

Value = str | int | list[str] | None
"""A number, a text, several of them, or nothing."""
Extract = Callable[["AuditEvent"], Value]
PLUGIN: Final = "k8saudit"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event of an audit log: its number from 1, its time in ns from the epoch, and what it says."""

    number: int
    time_ns: int
    data: Mapping[str, Any]
    hostname: str = ""


def text_of(value: Any) -> str:
    """A JSON value as text: strings as they are, all else as compact JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _at(value: Any, keys: Sequence[str]) -> Any:
    """What stands at a path of keys; None where nothing does."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _all(value: Any, keys: Sequence[str], index: int | None) -> list[Any] | None:
    """What stands at a path that may lead through lists: through all their items, or through number `index`.

    Items that lack the rest of the path give None; the whole is None where the path ends before any list.
    """
    for at, key in enumerate(keys):
        if isinstance(value, list):
            if index is None:
                return [found for item in value for found in (_all(item, keys[at:], index) or [None])]
            if index >= len(value):
                return None
            value = value[index]
        value = value.get(key) if isinstance(value, Mapping) else None
        if value is None:
            return None
    return [value]


def _texts(values: list[Any] | None) -> list[str] | None:
    """The values that are there, as texts; lists among them item by item."""
    if values is None:
        return None
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [text_of(value) for value in flat if value is not None]


def _path(keys: Sequence[str], many: bool) -> Extract:
    def extract(event: AuditEvent) -> Value:
        value = _at(event.data, keys)
        if value is None or (many and not isinstance(value, list)):
            return None
        return [text_of(item) for item in value] if many else text_of(value)

    return extract


def _indexed(keys: Sequence[str], arg: str | None) -> Extract:
    index = int(arg) if arg is not None else None
    return lambda event: _texts(_all(event.data, keys, index))


_OBJECT: Final = "requestObject"
_ANNOTATIONS: Final = {
    "ka.auth.decision": "authorization.k8s.io/decision",
    "ka.auth.reason": "authorization.k8s.io/reason",
    "ka.auth.openshift.decision": "authentication.openshift.io/decision",
    "ka.auth.openshift.username": "authentication.openshift.io/username",
    "ka.validations.admission.policy.failure": "validation.policy.admission.k8s.io/validation_failure",
    "ka.security.pod.violations": "pod-security.kubernetes.io/audit-violations",
    "ka.cluster.name": "cluster_name",
}
# field -> where it stands in the event
_PATHS: Final[dict[str, tuple[str, ...]]] = {
    **{name: ("annotations", key) for name, key in _ANNOTATIONS.items()},
    "ka.auditid": ("auditID",),
    "ka.stage": ("stage",),
    "ka.user.name": ("user", "username"),
    "ka.user.groups": ("user", "groups"),
    "ka.impuser.name": ("impersonatedUser", "username"),
    "ka.verb": ("verb",),
    "ka.uri": ("requestURI",),
    "ka.target.name": ("objectRef", "name"),
    "ka.target.namespace": ("objectRef", "namespace"),
    "ka.target.resource": ("objectRef", "resource"),
    "ka.target.subresource": ("objectRef", "subresource"),
    "ka.req.binding.subjects": (_OBJECT, "subjects"),
    "ka.req.binding.role": (_OBJECT, "roleRef", "name"),
    "ka.req.configmap.name": ("objectRef", "name"),
    "ka.req.configmap.obj": (_OBJECT, "data"),
    "ka.req.pod.host_ipc": (_OBJECT, "spec", "hostIPC"),
    "ka.req.pod.host_network": (_OBJECT, "spec", "hostNetwork"),
    "ka.req.container.host_network": (_OBJECT, "spec", "hostNetwork"),
    "ka.req.pod.host_pid": (_OBJECT, "spec", "hostPID"),
    "ka.req.pod.run_as_user": (_OBJECT, "spec", "securityContext", "runAsUser"),
    "ka.req.pod.run_as_group": (_OBJECT, "spec", "securityContext", "runAsGroup"),
    "ka.req.pod.fs_group": (_OBJECT, "spec", "securityContext", "fsGroup"),
    "ka.req.pod.supplemental_groups": (_OBJECT, "spec", "securityContext", "supplementalGroups"),
    "ka.req.role.rules": (_OBJECT, "rules"),
    "ka.req.service.type": (_OBJECT, "spec", "type"),
    "ka.resp.name": ("responseObject", "metadata", "name"),
    "ka.response.code": ("responseStatus", "code"),
    "ka.response.reason": ("responseStatus", "reason"),
    "ka.useragent": ("userAgent",),
}
# field that may take a number -> where it stands, through lists
_INDEXED: Final[dict[str, tuple[str, ...]]] = {
    "ka.req.role.rules.apiGroups": (_OBJECT, "rules", "apiGroups"),
    "ka.req.role.rules.nonResourceURLs": (_OBJECT, "rules", "nonResourceURLs"),
    "ka.req.role.rules.verbs": (_OBJECT, "rules", "verbs"),
    "ka.req.role.rules.resources": (_OBJECT, "rules", "resources"),
    "ka.req.service.ports": (_OBJECT, "spec", "ports"),
    "ka.req.pod.volumes.hostpath": (_OBJECT, "spec", "volumes", "hostPath", "path"),
    "ka.req.pod.volumes.flexvolume_driver": (_OBJECT, "spec", "volumes", "flexVolume", "driver"),
}
# behind ka.req.pod.containers. and the other two lists -> where it stands in a container
_OF_CONTAINERS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name",),
    "image": ("image",),
    "privileged": ("securityContext", "privileged"),
    "allow_privilege_escalation": ("securityContext", "allowPrivilegeEscalation"),
    "read_only_fs": ("securityContext", "readOnlyRootFilesystem"),
    "run_as_user": ("securityContext", "runAsUser"),
    "run_as_group": ("securityContext", "runAsGroup"),
    "proc_mount": ("securityContext", "procMount"),
    "add_capabilities": ("securityContext", "capabilities", "add"),
}
_CONTAINER_LISTS: Final = ("containers", "initContainers", "ephemeralContainers")
_SUBJECTS: Final = {
    "ka.req.binding.subjects.user_names": ("User", False),
    "ka.req.binding.subjects.group_names": ("Group", False),
    "ka.req.binding.subjects.serviceaccount_names": ("ServiceAccount", False),
    "ka.req.binding.subjects.serviceaccount_ns_names": ("ServiceAccount", True),
}


def extractor(ref: FieldRef) -> Extract:
    """What gives the value of a field in an event; it gives None for every event where the field has no meaning there."""
    name, arg = ref.field.name, ref.arg
    if name in _PATHS:
        return _path(_PATHS[name], ref.field.is_list)
    if name in _INDEXED:
        return _indexed(_INDEXED[name], arg)
    if name in _SUBJECTS:
        return partial(_subjects, *_SUBJECTS[name])
    for which in _CONTAINER_LISTS:
        if name.startswith(prefix := f"ka.req.pod.{which}."):
            return _container_field(which, name.removeprefix(prefix), arg)
    if name in _OTHERS:
        return partial(_OTHERS[name], arg)
    return lambda event: None


def _container_field(which: str, field: str, arg: str | None) -> Extract:
    where = (_OBJECT, "spec", which)
    index = int(arg) if arg is not None else None
    if field in _OF_CONTAINERS:
        return _indexed((*where, *_OF_CONTAINERS[field]), arg)
    if field == "image.repository":
        images = _indexed((*where, "image"), arg)
        return lambda event: _repositories(images(event))
    if field in ("args", "command"):
        return lambda event: _joined(_all(event.data, (*where, field), index))
    if field == "host_port":
        return lambda event: _host_ports(_all(event.data, (*where, "ports"), index))
    if field in ("eff_run_as_user", "eff_run_as_group"):
        key = "runAsUser" if field.endswith("user") else "runAsGroup"
        return lambda event: _effective(event, where, key, index)
    return lambda event: None


def _repositories(images: Value) -> Value:
    return [_repository(image) for image in images] if isinstance(images, list) else None


def _repository(image: str) -> str:
    """An image without tag and digest; the port of a registry stays."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    return head + slash + tail.partition(":")[0]


def _joined(lists: list[Any] | None) -> Value:
    found = [" ".join(map(text_of, words)) for words in lists or () if isinstance(words, list)]
    return found or None


def _host_ports(lists: list[Any] | None) -> Value:
    """The ports on the host; those of the container where none is named, which are the same with the host's network."""
    if lists is None:
        return None
    ports = [port for each in lists if isinstance(each, list) for port in each if isinstance(port, Mapping)]
    return [text_of(port.get("hostPort", port.get("containerPort"))) for port in ports if "hostPort" in port or "containerPort" in port]


def _effective(event: AuditEvent, where: tuple[str, ...], key: str, index: int | None) -> Value:
    """The id that each container begins with: its own, that of the pod, or 0."""
    containers = _at(event.data, where)
    if not isinstance(containers, list):
        return None
    pod = _at(event.data, (_OBJECT, "spec", "securityContext", key))
    chosen = containers if index is None else containers[index : index + 1]
    return [text_of(next((each for each in (_at(one, ("securityContext", key)), pod) if each is not None), 0)) for one in chosen]


def _subjects(kind: str, with_namespace: bool, event: AuditEvent) -> Value:
    subjects = _at(event.data, (_OBJECT, "subjects"))
    found = []
    for subject in subjects if isinstance(subjects, list) else ():
        if isinstance(subject, Mapping) and subject.get("kind") == kind and "name" in subject:
            namespace = f"{text_of(subject.get('namespace', ''))}:" if with_namespace else ""
            found.append(namespace + text_of(subject["name"]))
    return found


def _uri_param(arg: str | None, event: AuditEvent) -> Value:
    query = urllib.parse.urlsplit(text_of(event.data.get("requestURI", ""))).query
    return next((value for key, value in urllib.parse.parse_qsl(query, keep_blank_values=True) if key == arg), None)


def _pod_name(arg: str | None, event: AuditEvent) -> Value:
    target = event.data.get("objectRef")
    if _at(target, ("resource",)) != "pods" or _at(target, ("subresource",)):
        return None
    name = _at(event.data, ("responseObject", "metadata", "name"))
    return text_of(name) if name is not None else None


def _first(extract: Extract, arg: str | None, event: AuditEvent) -> Value:
    values = extract(event)
    return values[0] if isinstance(values, list) and values else None


def _any_privileged(arg: str | None, event: AuditEvent) -> Value:
    values = _all(event.data, (_OBJECT, "spec", "containers", "securityContext", "privileged"), None)
    return None if values is None else "true" if any(value is True for value in values) else "false"


def _mounts(arg: str | None, event: AuditEvent) -> Value:
    """Whether a volume is this path of the host, or one that begins with it where a * ends it."""
    paths = _texts(_all(event.data, _INDEXED["ka.req.pod.volumes.hostpath"], None))
    if paths is None or arg is None:
        return None
    fits = any(path.startswith(arg[:-1]) if arg.endswith("*") else path == arg for path in paths)
    return "true" if fits else "false"


def _volume_types(arg: str | None, event: AuditEvent) -> Value:
    volumes = _at(event.data, (_OBJECT, "spec", "volumes"))
    if not isinstance(volumes, list):
        return None
    chosen = volumes if arg is None else volumes[int(arg) : int(arg) + 1]
    return [key for volume in chosen if isinstance(volume, Mapping) for key in volume if key != "name"]


def _source_ips(arg: str | None, event: AuditEvent) -> Value:
    found = event.data.get("sourceIPs")
    if not isinstance(found, list):
        return None
    return [text_of(address) for address in (found if arg is None else found[int(arg) : int(arg) + 1])]


def _pointer(arg: str | None, event: AuditEvent) -> Value:
    """The value at a JSON pointer (RFC 6901)."""
    value: Any = event.data
    for key in (arg or "").removeprefix("/").split("/") if arg not in (None, "", "/") else ():
        key = key.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is None:
            return None
    return text_of(value)


def _whole(arg: str | None, event: AuditEvent) -> Value:
    return json.dumps(event.data, ensure_ascii=False, indent=2)


def _moment(form: str, digits: bool, utc: bool, event: AuditEvent) -> Value:
    seconds, rest_ns = divmod(event.time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC) if utc else datetime.fromtimestamp(seconds).astimezone()
    return moment.strftime(form) + (f".{rest_ns:09}" if digits else "")


_OTHERS: Final[dict[str, Callable[[str | None, AuditEvent], Value]]] = {
    "ka.uri.param": _uri_param,
    "ka.target.pod.name": _pod_name,
    "ka.req.binding.subject.has_name": lambda arg, event: "true",
    "ka.req.container.image": partial(_first, _container_field("containers", "image", None)),
    "ka.req.container.image.repository": partial(_first, _container_field("containers", "image.repository", None)),
    "ka.req.container.privileged": _any_privileged,
    "ka.req.volume.hostpath": _mounts,
    "ka.req.pod.volumes.volume_type": _volume_types,
    "ka.sourceips": _source_ips,
    **dict.fromkeys(("json.value", "jevt.value"), _pointer),
    **dict.fromkeys(("json.obj", "jevt.obj"), _whole),
    **dict.fromkeys(("json.rawtime", "jevt.rawtime"), lambda arg, event: str(event.time_ns)),
    "evt.num": lambda arg, event: event.number,
    "evt.time": lambda arg, event: _moment("%H:%M:%S", True, False, event),
    "evt.time.s": lambda arg, event: _moment("%H:%M:%S", False, False, event),
    "evt.time.iso8601": lambda arg, event: f"{_moment('%Y-%m-%dT%H:%M:%S', True, True, event)}+0000",
    "evt.datetime": lambda arg, event: _moment("%Y-%m-%d %H:%M:%S", True, False, event),
    "evt.datetime.s": lambda arg, event: _moment("%Y-%m-%d %H:%M:%S", False, False, event),
    "evt.rawtime": lambda arg, event: event.time_ns,
    "evt.rawtime.s": lambda arg, event: event.time_ns // 1_000_000_000,
    "evt.rawtime.ns": lambda arg, event: event.time_ns % 1_000_000_000,
    "evt.pluginname": lambda arg, event: PLUGIN,
    "evt.plugininfo": lambda arg, event: json.dumps(event.data, ensure_ascii=False, separators=(",", ":")),
    "evt.source": lambda arg, event: "k8s_audit",
    "evt.is_async": lambda arg, event: "false",
    "evt.hostname": lambda arg, event: event.hostname,
}
