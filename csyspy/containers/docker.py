"""Containers as Docker's API describes them; Podman's service speaks the same (libs: container_engine/docker/async_source.cpp)."""

import calendar
import contextlib
import json
import socket
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from csyspy.containers import layouts
from csyspy.containers.info import Confinement, ContainerInfo, Image, Limits, Mount, cpuset_size, image_of
from csyspy.containers.probes import healthcheck, kubernetes_probes
from csyspy.containers.runtime import RuntimeUnavailable
from csyspy.containers.unix_http import get_json, header, stream_json
from csyspy.containers.untrusted import items, mapping, number, text, texts

KUBERNETES_SPEC: Final = "annotation.kubectl.kubernetes.io/last-applied-configuration"
"""Label in which the kubelet leaves the pod as it was asked for, its probes included."""
_EVENTS: Final = "/events?filters=" + urllib.parse.quote(json.dumps({"type": ["container"], "event": ["start", "rename"]}))


class DockerRuntime:
    """Docker, or Podman, behind a unix socket."""

    def __init__(self, path: str, *, name: str = "docker") -> None:
        """``name`` is what such a socket mostly belongs to; who it is, the server itself says."""
        self.socket = path
        self.name = name
        self._type: int | None = None
        self._streams: list[socket.socket] = []

    def lookup(self, container_id: str) -> ContainerInfo | None:
        """See Runtime. A container that shares another's network has the other's address."""
        inspect = self._inspect(container_id)
        if inspect is None:
            return None
        info = parse(inspect, self._kind())
        if not (info.image.digest and info.image.tag) and info.image.id:
            described = mapping(get_json(self.socket, f"/images/{urllib.parse.quote(info.image.id)}/json"))
            info = replace(info, image=completed(info.image, described))
        elif not info.image.tag:
            info = replace(info, image=completed(info.image, {}))
        other = _network_of(inspect)
        if other and not info.ip:
            shared = self._inspect(other)
            if shared is not None:
                info = replace(info, ip=_address(shared))
        return info

    def _kind(self) -> int:
        if self._type is None:
            podman = header(self.socket, "/_ping", "Libpod-API-Version") != ""
            self._type = layouts.PODMAN if podman else layouts.DOCKER
            self.name = "podman" if podman else "docker"
        return self._type

    def _inspect(self, container_id: str) -> dict[str, Any] | None:
        answer = get_json(self.socket, f"/containers/{urllib.parse.quote(container_id, safe='')}/json")
        if answer is None:
            return None
        if not isinstance(answer, dict) or not isinstance(answer.get("Id"), str) or not answer["Id"]:
            raise RuntimeUnavailable(f"{self.socket}: the description of {container_id} has no Id")
        return answer

    def version(self) -> str:
        """See Runtime."""
        self._kind()
        answer = mapping(get_json(self.socket, "/version"))
        return f"{self.name} {text(answer.get('Version')) or 'of an unknown version'}"

    def starts(self) -> Iterator[str]:
        """See Runtime."""
        for event in stream_json(self.socket, _EVENTS, self._streams):
            actor = text(mapping(mapping(event).get("Actor")).get("ID"))
            if actor:
                yield actor

    def close(self) -> None:
        """See Runtime."""
        for wire in list(self._streams):
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


def parse(inspect: Mapping[str, Any], kind: int) -> ContainerInfo:
    """The answer of `/containers/ID/json`. What is missing or of another shape stays empty."""
    config, host = mapping(inspect.get("Config")), mapping(inspect.get("HostConfig"))
    labels = {key: value for key, value in mapping(config.get("Labels")).items() if isinstance(value, str)}
    liveness, readiness = kubernetes_probes(labels.get(KUBERNETES_SPEC, ""))
    image_id = text(inspect.get("Image"))
    name = text(config.get("Image")) or text(inspect.get("ImageName"))
    return ContainerInfo(
        full_id=text(inspect["Id"]),
        type=kind,
        name=text(inspect.get("Name")).removeprefix("/"),
        image=image_of(image_id if "/" in image_id else name, "" if "/" in image_id else image_id),
        labels=labels,
        mounts=tuple(_mount(mount) for mount in items(inspect.get("Mounts")) if isinstance(mount, dict)),
        ip=_address(inspect),
        ports=tuple(_ports(inspect)),
        created_s=_epoch_s(text(inspect.get("Created"))),
        restart_count=number(inspect.get("RestartCount")),
        env=tuple(texts(config.get("Env"))),
        limits=_limits(host),
        confinement=Confinement(
            privileged=host.get("Privileged") is True,
            read_only_root=host.get("ReadonlyRootfs") is True,
            user=text(config.get("User")),
            capabilities_added=tuple(texts(host.get("CapAdd"))),
            host_pid=host.get("PidMode") == "host",
            host_network=host.get("NetworkMode") == "host",
            host_ipc=host.get("IpcMode") == "host",
        ),
        healthcheck=healthcheck(mapping(config.get("Healthcheck"))),
        liveness=liveness,
        readiness=readiness,
        is_pod_sandbox=labels.get("io.kubernetes.docker.type") == "podsandbox",
    )


def completed(image: Image, described: Mapping[str, Any]) -> Image:
    """The image with what `/images/ID/json` knows beyond its name; `latest` where nothing names a tag."""
    tags = texts(described.get("RepoTags"))
    digests = texts(described.get("RepoDigests"))
    repository = image.repository
    if not repository and (tags or digests):
        repository = image_of((tags or digests)[0]).repository
    tag = image.tag or next((image_of(name).tag for name in tags if image_of(name).repository == repository), "")
    own = next((name for name in digests if name.partition("@")[0] == repository), digests[0] if len(digests) == 1 else "")
    digest = image.digest or text(described.get("Digest")) or own.partition("@")[2]
    return replace(image, repository=repository, tag=tag or "latest", digest=digest)


def _mount(mount: Mapping[str, Any]) -> Mount:
    source, destination, mode = (text(mount.get(key)) for key in ("Source", "Destination", "Mode"))
    return Mount(source, destination, mode, mount.get("RW") is True, text(mount.get("Propagation")))


def _limits(host: Mapping[str, Any]) -> Limits:
    return Limits(
        memory_bytes=number(host.get("Memory")),
        swap_bytes=number(host.get("MemorySwap")),
        cpu_shares=number(host.get("CpuShares")) or 1024,
        cpu_quota_us=max(number(host.get("CpuQuota")), number(host.get("NanoCpus")) // 10_000),
        cpu_period_us=number(host.get("CpuPeriod")) or 100_000,
        cpuset_cpus=cpuset_size(text(host.get("CpusetCpus"))),
    )


def _network_of(inspect: Mapping[str, Any]) -> str:
    """Id of the container whose network this one shares; empty where it has its own."""
    mode = text(mapping(inspect.get("HostConfig")).get("NetworkMode"))
    return mode.removeprefix("container:") if mode.startswith("container:") else ""


def _address(inspect: Mapping[str, Any]) -> str:
    network = mapping(inspect.get("NetworkSettings"))
    address = text(network.get("IPAddress"))
    if address:
        return address
    return next((found for entry in mapping(network.get("Networks")).values() if (found := text(mapping(entry).get("IPAddress")))), "")


def _ports(inspect: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Published TCP ports, the only ones that libs keeps."""
    for inside, bindings in mapping(mapping(inspect.get("NetworkSettings")).get("Ports")).items():
        number, _, protocol = inside.partition("/")
        if protocol != "tcp" or not number.isdecimal():
            continue
        for binding in items(bindings):
            port = text(mapping(binding).get("HostPort"))
            if port.isdecimal():
                yield text(mapping(binding).get("HostIp")), int(port), int(number)


def _epoch_s(text: str) -> int:
    """Seconds since the epoch of `2026-11-21T06:00:00.123456789Z`; 0 for anything else."""
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0
