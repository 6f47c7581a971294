"""Where the runtimes of this machine listen: one table of usual paths, and the options that name others."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from csyspy.containers.runtime import Runtime
from csyspy.errors import UsageError


@dataclass(frozen=True, slots=True)
class Socket:
    """A unix socket that some runtime may listen on."""

    kind: str
    """``docker``, ``podman`` or ``cri``."""
    path: str


USUAL: Final = (
    Socket("docker", "/run/docker.sock"),
    Socket("podman", "/run/podman/podman.sock"),
    Socket("cri", "/run/containerd/containerd.sock"),
    Socket("cri", "/run/crio/crio.sock"),
    Socket("cri", "/run/k3s/containerd/containerd.sock"),
    Socket("cri", "/run/host-containerd/containerd.sock"),
    Socket("cri", "/var/snap/microk8s/common/run/containerd.sock"),
)
"""Checked in this order (libs: container_engine/cri.cpp has the same ones for CRI)."""
ROOTLESS_HOME: Final = "/run/user"
"""Below it, per user, `podman/podman.sock`."""


def found(cri: Sequence[str] = (), docker_host: str = "") -> list[Socket]:
    """The sockets to ask: those named by options, and the usual ones that are there.

    ``cri`` are paths (``--cri``), ``docker_host`` is a path or a ``unix://`` address (``--docker-host``, DOCKER_HOST).
    Raises UsageError for an address that is no unix socket."""
    named = [Socket("cri", _path(path, "--cri")) for path in cri]
    if docker_host:
        named.append(Socket("docker", _path(docker_host, "--docker-host")))
    there = [entry for entry in (*USUAL, *_rootless()) if is_socket(entry.path)]
    by_file: dict[object, Socket] = {}
    for entry in (*named, *there):
        by_file.setdefault(_identity(entry.path), entry)
    return list(by_file.values())


def open_runtime(entry: Socket, cri_timeout_s: float | None = None) -> Runtime:
    """A client for a socket, with that limit for each answer of a CRI runtime. Nothing is asked yet."""
    if entry.kind == "cri":
        from csyspy.containers.cri import CriRuntime

        return CriRuntime(entry.path) if cri_timeout_s is None else CriRuntime(entry.path, cri_timeout_s)
    from csyspy.containers.docker import DockerRuntime

    return DockerRuntime(entry.path, name=entry.kind)


def is_socket(path: str) -> bool:
    """Whether a unix socket is there, for this user to see."""
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _rootless() -> list[Socket]:
    try:
        users = sorted(os.listdir(ROOTLESS_HOME))
    except OSError:
        return []
    return [Socket("podman", f"{ROOTLESS_HOME}/{user}/podman/podman.sock") for user in users]


def _path(address: str, option: str) -> str:
    path = address.removeprefix("unix://")
    if "://" in path or not path.startswith("/"):
        raise UsageError(f"{option} {address}: not a unix socket", f"give a path such as {option} /run/docker.sock")
    return path


def _identity(path: str) -> object:
    """/run and /var/run are mostly one directory."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    return status.st_dev, status.st_ino
