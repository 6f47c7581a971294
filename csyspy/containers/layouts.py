"""How container engines name their cgroups: one table, first match wins.

Facts from `libs: userspace/libsinsp/container_engine/*` and `runc.cpp`; the order is that of `container.cpp, create_engines`.
"""

import re
from dataclasses import dataclass
from typing import Final

# libs: container_engine/sinsp_container_type.h
DOCKER: Final = 0
LXC: Final = 1
LIBVIRT_LXC: Final = 2
CRI: Final = 6
CONTAINERD: Final = 7
CRIO: Final = 8
BPM: Final = 9
PODMAN: Final = 11
NSPAWN: Final = 100  # csyspy's own: libs takes what systemd-nspawn runs for processes of the host

_ID: Final = rb"(?P<id>[0-9a-fA-F]{64})"
_SHORT: Final = 12  # characters of a 64-digit id that everybody shows


@dataclass(frozen=True, slots=True)
class Layout:
    """A cgroup path of one engine. `pattern` is searched in the path and has a group `id`; `subsystem` limits it to that one."""

    what: str
    type: int
    pattern: re.Pattern[bytes]
    subsystem: bytes = b""
    short: bool = True  # show the first 12 characters; else the id is a name and is shown whole
    named: bool = False  # the id is the container's name too


def _layout(what: str, kind: int, pattern: bytes, **more: object) -> Layout:
    return Layout(what, kind, re.compile(pattern, re.DOTALL), **more)  # type: ignore[arg-type]


LAYOUTS: Final = (
    _layout("podman, systemd", PODMAN, rb"/libpod-" + _ID + rb"\.scope"),
    _layout("podman, cgroupfs", PODMAN, rb"/libpod-" + _ID + rb"$"),
    _layout("podman, rootless", PODMAN, rb"podman-\d+\.scope/" + _ID + rb"$", subsystem=b"name=systemd"),
    _layout("podman, rootless service", PODMAN, rb"^/user\.slice/user-\d+\.slice/(?:.*/)?" + _ID + rb"$", subsystem=b"name=systemd"),
    _layout("docker, and any runtime under kubepods with cgroupfs", DOCKER, rb"/" + _ID + rb"$"),
    _layout("docker, systemd", DOCKER, rb"/docker-" + _ID + rb"\.scope"),
    _layout("cri-o, cgroupfs", CRIO, rb"/crio-" + _ID + rb"$"),
    _layout("cri-o, systemd", CRIO, rb"/crio-" + _ID + rb"\.scope"),
    _layout("containerd for Kubernetes, systemd", CONTAINERD, rb"/cri-containerd-" + _ID + rb"\.scope"),
    _layout("containerd for Kubernetes, systemd paths on cgroupfs", CONTAINERD, rb":cri-containerd:" + _ID + rb"$"),
    _layout("lxc, and libvirt before systemd", LXC, rb"/lxc/(?P<id>[^/]+)", short=False, named=True),
    _layout("lxc, systemd", LXC, rb"/lxc\.payload/(?P<id>[^/]+)", short=False, named=True),
    _layout("lxc 4", LXC, rb"/lxc\.payload\.(?P<id>[^/]+)", short=False, named=True),
    _layout("libvirt", LIBVIRT_LXC, rb"/(?P<id>[^/]+)\.libvirt-lxc$", short=False, named=True),
    _layout("libvirt, systemd", LIBVIRT_LXC, rb"-lxc\\x2.(?P<id>.+?)\.scope(?:/libvirt)?$", short=False, named=True),
    _layout("systemd-nspawn, by machinectl", NSPAWN, rb"/systemd-nspawn@(?P<id>[^/]+)\.service(?:/|$)", short=False, named=True),
    # Libvirt's machines have such a name too; those of qemu are no containers.
    _layout("systemd-nspawn", NSPAWN, rb"/machine-(?!qemu\\x2d|lxc\\x2d)(?P<id>[^/]+)\.scope(?:/|$)", short=False, named=True),
    _layout("bpm", BPM, rb"bpm-(?P<id>[a-zA-Z0-9._-]+?)(?<!\.service)(?<!\.slice)(?:\.scope|$)", short=False, named=True),
    _layout("containerd by ctr", CONTAINERD, rb"^/default/(?P<id>[^/]{1,64})(?<!\.service)(?<!\.slice)(?<!\.scope)$"),
)


def container_of(cgroups: list[tuple[bytes, bytes]]) -> tuple[str, int, str] | None:
    """Id, type and name of the container that `cgroups`, pairs of subsystem and path, belong to; None on the host.

    The name is empty where the path does not give it. This is what State.container_of wants.
    """
    # Most subsystems name the same path; only one name matters to a layout.
    paths = dict.fromkeys((subsystem if subsystem == b"name=systemd" else b"", path) for subsystem, path in cgroups if len(path) > 1)
    for layout in LAYOUTS:
        for subsystem, path in paths:
            if layout.subsystem and layout.subsystem != subsystem:
                continue
            found = layout.pattern.search(path)
            if found:
                name = found["id"].decode(errors="replace")
                return (name[:_SHORT] if layout.short else name), layout.type, name if layout.named else ""
    return None
