"""What is known of a container: one record, whichever runtime told it.

The engine, captures and sysdig read it as the JSON of a container event (libs: userspace/libsinsp/container.cpp, container_to_json);
members that csyspy adds (read-only root, user, capabilities, host namespaces, restarts) are ignored by other readers.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SHORT: Final = 12  # digits of an id that everybody shows
LOOKUP_SUCCESSFUL: Final = 1
_HEX: Final = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory of the host, or a volume, seen inside."""

    source: str
    destination: str
    mode: str = ""
    writable: bool = True
    propagation: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image's name in its parts; empty where they are not known."""

    name: str = ""
    """As the container was started with it."""
    id: str = ""
    """Hexadecimal, without the name of the hash."""
    repository: str = ""
    tag: str = ""
    digest: str = ""
    """`sha256:` and 64 digits."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A command that tells whether a container is well."""

    exe: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the container may use; 0 where nothing is said."""

    memory_bytes: int = 0
    swap_bytes: int = 0
    cpu_shares: int = 1024
    cpu_quota_us: int = 0
    cpu_period_us: int = 100_000
    cpuset_cpus: int = 0


@dataclass(frozen=True, slots=True)
class Confinement:
    """How far the container is kept from the host; None where the runtime does not say."""

    privileged: bool = False
    read_only_root: bool | None = None
    user: str | None = None
    """As given: a name, a number, or number:number; empty means root."""
    capabilities_added: tuple[str, ...] = ()
    host_pid: bool = False
    host_network: bool = False
    host_ipc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInfo:
    """A container, as its runtime describes it."""

    full_id: str
    type: int
    """libs' number of the engine (csyspy.containers.layouts)."""
    name: str = ""
    image: Image = Image()
    labels: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    ip: str = ""
    ports: tuple[tuple[str, int, int], ...] = ()
    """(address of the host, port of the host, port inside)."""
    created_s: int = 0
    """Since the epoch."""
    restart_count: int | None = None
    """How often it was started anew; None where the runtime does not say."""
    env: tuple[str, ...] = ()
    limits: Limits = Limits()
    confinement: Confinement = Confinement()
    healthcheck: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None
    is_pod_sandbox: bool = False
    pod_sandbox_id: str = ""
    pod_sandbox_labels: Mapping[str, str] = field(default_factory=dict)
    cni_json: str = ""

    @property
    def id(self) -> str:
        """The id as everybody shows it: twelve digits, or the whole name of an lxc."""
        return short_id(self.full_id)

    def as_json(self) -> dict[str, Any]:
        """The object `container` of a container event."""
        image, limits, walls = self.image, self.limits, self.confinement
        out: dict[str, Any] = {
            "id": self.id,
            "full_id": self.full_id,
            "type": self.type,
            "name": self.name,
            "image": image.name,
            "imageid": image.id,
            "imagerepo": image.repository,
            "imagetag": image.tag,
            "imagedigest": image.digest,
            "privileged": walls.privileged,
            "is_pod_sandbox": self.is_pod_sandbox,
            "lookup_state": LOOKUP_SUCCESSFUL,
            "created_time": self.created_s,
            "Mounts": [
                {"Source": m.source, "Destination": m.destination, "Mode": m.mode, "RW": m.writable, "Propagation": m.propagation}
                for m in self.mounts
            ],
            "ip": self.ip or "0.0.0.0",
            "port_mappings": [
                {"HostIp": _ipv4_number(address), "HostPort": port, "ContainerPort": inside} for address, port, inside in self.ports
            ],
            "labels": dict(self.labels),
            "env": [],  # as libs: only variables of Mesos ever went into it
            "memory_limit": limits.memory_bytes,
            "swap_limit": limits.swap_bytes,
            "cpu_shares": limits.cpu_shares,
            "cpu_quota": limits.cpu_quota_us,
            "cpu_period": limits.cpu_period_us,
            "cpuset_cpu_count": limits.cpuset_cpus,
            "metadata_deadline": 0,
            "host_pid": walls.host_pid,
            "host_network": walls.host_network,
            "host_ipc": walls.host_ipc,
            "cap_add": list(walls.capabilities_added),
        }
        if walls.read_only_root is not None:
            out["read_only_root"] = walls.read_only_root
        if walls.user is not None:
            out["user"] = walls.user
        for name, probe in (("Healthcheck", self.healthcheck), ("LivenessProbe", self.liveness), ("ReadinessProbe", self.readiness)):
            if probe is not None:
                out[name] = {"exe": probe.exe, "args": list(probe.args)}
        if self.restart_count is not None:
            out["restart_count"] = self.restart_count
        if self.pod_sandbox_id:
            out["pod_sandbox_id"] = self.pod_sandbox_id
            out["pod_sandbox_labels"] = dict(self.pod_sandbox_labels)
        if self.cni_json:
            out["cni_json"] = self.cni_json
        return out


def short_id(full_id: str) -> str:
    """Twelve digits of an id; names that are no hashes stay whole."""
    return full_id[:SHORT] if len(full_id) == hashlib.sha256().digest_size * 2 and _HEX.fullmatch(full_id) else full_id


def image_of(name: str, image_id: str = "") -> Image:
    """An image's name taken apart: `host:port/path:tag@digest` (libs: utils.cpp, split_container_image; the repository keeps the host).

    A name that is a hash, whole or shortened, says nothing but the image's id."""
    image_id = image_id.rpartition(":")[2]
    bare = name.removeprefix("sha256:")
    if (bare and image_id.startswith(bare)) or re.fullmatch(r"[0-9a-f]{64}", bare):
        return Image(name, image_id or bare)
    rest, _, digest = name.partition("@")
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        head, tag = rest, ""
    return Image(name, image_id, head, tag, digest)


def cpuset_size(text: str) -> int:
    """How many CPUs a list such as `0-3,7` names; 0 where it is none."""
    count = 0
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            return 0
        count += int(last) - int(first) + 1 if dash else 1
    return max(count, 0)


def _ipv4_number(address: str) -> int:
    """libs writes the number that inet_addr gives, its bytes turned round."""
    try:
        parts = [int(part) for part in address.split(".")]
        return int.from_bytes(bytes(parts), "big") if len(parts) == 4 else 0
    except ValueError:
        return 0
