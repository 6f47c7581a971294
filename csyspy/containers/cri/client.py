"""Containers and pods as a CRI runtime describes them (libs: container_engine/cri.cpp, cri_interface.cpp).

Ids of a cgroup path are looked up in the lists; the rest is in the status of the container and of its sandbox, where containerd and
cri-o add the runtime's own specification as JSON.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import grpc

from csyspy.containers import layouts
from csyspy.containers.cri.messages import message
from csyspy.containers.info import Confinement, ContainerInfo, Image, Limits, Mount, cpuset_size, image_of
from csyspy.containers.probes import kubernetes_probes
from csyspy.containers.runtime import RuntimeUnavailable
from csyspy.containers.untrusted import mapping, number, parsed, text, texts

TIMEOUT_S: Final = 2.0
MAX_BYTES: Final = 4 << 20
NODE: Final = 2  # of a namespace: the host's
PROPAGATIONS: Final = ("private", "rslave", "rshared")
SERVICE: Final = "/runtime.v1.RuntimeService/"
STARTED: Final = 1
DEFAULT_CAPABILITIES: Final = frozenset(
    f"CAP_{name}"
    for name in (
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
        "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    )
)
"""What containerd and cri-o give without being asked; what a container has beyond it was added."""
_TYPES: Final = {"containerd": layouts.CONTAINERD, "cri-o": layouts.CRIO}
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class CriRuntime:
    """containerd or cri-o behind a unix socket."""

    def __init__(self, path: str, timeout_s: float = TIMEOUT_S) -> None:
        self.socket = path
        self._timeout_s = timeout_s
        self.name = "cri"
        self._type: int | None = None
        self._streams: list[Any] = []
        options = [
            ("grpc.max_receive_message_length", MAX_BYTES), ("grpc.enable_http_proxy", 0),
            ("grpc.initial_reconnect_backoff_ms", 200), ("grpc.max_reconnect_backoff_ms", 5000),  # of a socket, which costs nothing to try
        ]  # fmt: skip
        self._channel = grpc.insecure_channel(f"unix:{path}", options)

    def lookup(self, container_id: str) -> ContainerInfo | None:
        """See Runtime. The id may be that of a pod's sandbox."""
        kind = self._kind()
        found = self._call("ListContainers", filter={"id": container_id}).containers
        if found:
            answer = self._call("ContainerStatus", container_id=found[0].id, verbose=True)
            sandbox_id = found[0].pod_sandbox_id
            return container_info(answer, sandbox_id, self._sandbox(sandbox_id), kind)
        sandboxes = self._call("ListPodSandbox", filter={"id": container_id}).items
        if not sandboxes:
            return None
        answer = self._sandbox(sandboxes[0].id)
        return sandbox_info(answer, kind) if answer is not None else None

    def _sandbox(self, sandbox_id: str) -> Any | None:
        """The status of a sandbox; None where it has gone meanwhile."""
        try:
            return self._call("PodSandboxStatus", pod_sandbox_id=sandbox_id, verbose=True)
        except LookupError:
            return None

    def _kind(self) -> int:
        if self._type is None:
            self._type = _TYPES.get(self._call("Version").runtime_name, layouts.CRI)
        return self._type

    def version(self) -> str:
        """See Runtime."""
        answer = self._call("Version")
        return f"{answer.runtime_name} {answer.runtime_version}"

    def _call(self, method: str, **fields: Any) -> Any:
        """What a method answers. Raises RuntimeUnavailable, or LookupError where what is asked for is not there."""
        ask = self._channel.unary_unary(
            SERVICE + method,
            request_serializer=message(method + "Request").SerializeToString,
            response_deserializer=message(method + "Response").FromString,
        )
        try:
            return ask(message(method + "Request")(**fields), timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise self._failure(method, error) from None
        except ValueError:  # a closed channel
            raise RuntimeUnavailable(f"{self.socket}: closed") from None

    def _failure(self, method: str, error: Any) -> Exception:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return LookupError(method)
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return RuntimeUnavailable(f"{self.socket}: no answer within {self._timeout_s:g} s")
        details = " ".join((error.details() or "").split())
        return RuntimeUnavailable(f"{self.socket}: {method}: {error.code().name.lower().replace('_', ' ')}: {details[:200]}")

    def starts(self) -> Iterator[str]:
        """See Runtime. Runtimes before CRI events (containerd 1.6) have none: ids are then looked up when they are first seen."""
        follow = self._channel.unary_stream(
            SERVICE + "GetContainerEvents",
            request_serializer=message("GetEventsRequest").SerializeToString,
            response_deserializer=message("ContainerEventResponse").FromString,
        )
        stream = follow(message("GetEventsRequest")())
        self._streams.append(stream)
        try:
            for event in stream:
                if event.container_event_type == STARTED:
                    yield event.container_id
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return
            raise self._failure("GetContainerEvents", error) from None
        finally:
            self._streams.remove(stream)

    def close(self) -> None:
        """See Runtime."""
        for stream in list(self._streams):
            stream.cancel()
        self._channel.close()


def container_info(answer: Any, sandbox_id: str, sandbox: Any | None, kind: int) -> ContainerInfo:
    """A container from the answers of ContainerStatus and PodSandboxStatus, both verbose."""
    status = answer.status
    info = parsed(answer.info.get("info", ""))
    spec = mapping(info.get("runtimeSpec"))
    pod_labels = dict(sandbox.status.labels) if sandbox is not None else {}
    # libs 0.29.3 takes the pod from this label, newer ones from the members of the sandbox.
    labels = {**status.labels, "io.kubernetes.sandbox.id": sandbox_id}
    pod_json = sandbox.status.annotations.get(_LAST_APPLIED, "") if sandbox is not None else ""
    liveness, readiness = kubernetes_probes(pod_json, status.metadata.name)
    network = mapping(parsed(sandbox.info.get("info", "")).get("cniResult")) if sandbox is not None else {}
    return ContainerInfo(
        full_id=status.id,
        type=kind,
        name=status.metadata.name,
        image=_image(status),
        labels=labels,
        mounts=tuple(
            Mount(m.host_path, m.container_path, "", not m.readonly, PROPAGATIONS[m.propagation % len(PROPAGATIONS)]) for m in status.mounts
        ),
        ip=sandbox.status.network.ip if sandbox is not None else "",
        created_s=status.created_at // 1_000_000_000,
        restart_count=status.metadata.attempt,  # a kubelet makes a container anew, with the next number
        env=tuple(texts(mapping(spec.get("process")).get("env"))),
        limits=_limits(spec),
        confinement=_confinement(spec, info, sandbox),
        liveness=liveness,
        readiness=readiness,
        pod_sandbox_id=sandbox_id,
        pod_sandbox_labels=pod_labels,
        cni_json=json.dumps(network) if network else "",
    )


def sandbox_info(answer: Any, kind: int) -> ContainerInfo:
    """A pod's sandbox as the container that it is, from the verbose answer of PodSandboxStatus."""
    status = answer.status
    info = parsed(answer.info.get("info", ""))
    spec = mapping(info.get("runtimeSpec"))
    return ContainerInfo(
        full_id=status.id,
        type=kind,
        name=status.metadata.name,
        image=image_of(text(info.get("image"))),
        labels=dict(status.labels),
        ip=status.network.ip,
        created_s=status.created_at // 1_000_000_000,
        limits=_limits(spec),
        confinement=_confinement(spec, info, answer),
        is_pod_sandbox=True,
        pod_sandbox_labels=dict(status.labels),
    )


def _image(status: Any) -> Image:
    """The name that was asked for, and the reference that the runtime has made of it: an id, or a name with a digest."""
    name = status.image.user_specified_image or status.image.image
    reference = status.image_ref
    image_id = status.image_id or (reference if reference.startswith("sha256:") else "")
    image = image_of(name, image_id)
    _, at, digest = reference.partition("@")
    if at and not image.digest:
        image = Image(image.name, image.id, image.repository or reference.partition("@")[0], image.tag, digest)
    return image


def _limits(spec: Mapping[str, Any]) -> Limits:
    """From the runtime's specification (linux.resources)."""
    resources = mapping(mapping(spec.get("linux")).get("resources"))
    memory, cpu = mapping(resources.get("memory")), mapping(resources.get("cpu"))
    return Limits(
        memory_bytes=number(memory.get("limit")),
        swap_bytes=number(memory.get("swap")),
        cpu_shares=number(cpu.get("shares")) or 1024,
        cpu_quota_us=number(cpu.get("quota")),
        cpu_period_us=number(cpu.get("period")) or 100_000,
        cpuset_cpus=cpuset_size(text(cpu.get("cpus"))),
    )


def _confinement(spec: Mapping[str, Any], info: Mapping[str, Any], sandbox: Any | None) -> Confinement:
    process = mapping(spec.get("process"))
    user = mapping(process.get("user"))
    held = set(texts(mapping(process.get("capabilities")).get("bounding")))
    host = sandbox.status.linux.namespaces.options if sandbox is not None else None
    asked = mapping(mapping(mapping(info.get("config")).get("linux")).get("security_context"))  # containerd; cri-o says it outright
    privileged = asked.get("privileged") is True or info.get("privileged") is True
    return Confinement(
        privileged=privileged,
        read_only_root=mapping(spec.get("root")).get("readonly") is True if spec else None,
        user=str(number(user.get("uid"))) if spec else None,
        capabilities_added=() if privileged else tuple(sorted(held - DEFAULT_CAPABILITIES)),
        host_pid=host is not None and host.pid == NODE,
        host_network=host is not None and host.network == NODE,
        host_ipc=host is not None and host.ipc == NODE,
    )

