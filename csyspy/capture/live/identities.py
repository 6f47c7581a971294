"""What the kernel does not say about a thread: its user's name, its container, its command line."""

import pwd
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from csyspy.containers import container_of
from csyspy.containers.node import Container, NodeMetadata

HOST: Final = ("host", "host", "host", "")
# libs: container_engine/sinsp_container_type.h
_ENGINES: Final = {
    0: "docker", 1: "lxc", 2: "libvirt-lxc", 3: "mesos", 4: "rkt", 6: "cri", 7: "containerd", 8: "cri-o", 9: "bpm", 11: "podman",
    100: "nspawn",
}  # fmt: skip
LISTEN: Final = "0A"


class Identities:
    """Each question is asked once per new value; the tables keep the answers."""

    def __init__(self, metadata: NodeMetadata | None = None) -> None:
        self.path_of: Callable[[int], bytes | None] = lambda cgroup: None
        """What the kernel remembers of a control group by its id, for processes that are gone."""
        self._listening: frozenset[int] | None = None
        self._metadata = metadata
        self._containers: dict[str, list[str]] = {}

    def forget(self) -> None:
        """Look anew at what changes by itself: call it at each sample."""
        self._listening = None
        if self._metadata is not None:
            for container in self._metadata.take():
                row = self._containers.get(container["id"])
                if row is not None:
                    _describe(row, container)

    def listens(self, protocol: str, port: int) -> bool:
        """Whether a TCP socket of this machine listens on the port."""
        if protocol != "tcp":
            return False
        if self._listening is None:
            self._listening = frozenset(_listening("/proc/net/tcp")) | frozenset(_listening("/proc/net/tcp6"))
        return port in self._listening

    def user(self, uid: int) -> str:
        """The user's name, or the number where nobody has it."""
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def container(self, cgroups: tuple[int, int], pid: int) -> Sequence[str]:
        """(id, name, engine, image) of a process in those control groups, which may be gone.

        The name is the id until the runtime has told one; it then changes in place."""
        found = container_of(_cgroups(pid) or [(b"", path) for path in map(self.path_of, cgroups) if path is not None])
        if found is None:
            return HOST
        container_id, kind, name = found
        row = self._containers.get(container_id)
        if row is None:
            row = self._containers[container_id] = [container_id, name or container_id, _ENGINES.get(kind, ""), ""]
            if self._metadata is not None:
                self._metadata.want(container_id)
                known = self._metadata.get(container_id)
                if known is not None:
                    _describe(row, known)
        return row

    def exeline(self, pid: int) -> str | None:
        """The command line, words separated by blanks; None where there is none."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read(4096).rstrip(b"\0 ").replace(b"\0", b" ").decode("utf-8", "surrogateescape") or None
        except OSError:
            return None


def _describe(row: list[str], container: Container) -> None:
    row[1] = container["name"] or row[0]
    row[2] = _ENGINES.get(container["type"], row[2])
    row[3] = container["image"]


def _cgroups(pid: int) -> list[tuple[bytes, bytes]]:
    """(subsystem, path) pairs of a process; none where it is gone."""
    try:
        with open(f"/proc/{pid}/cgroup", "rb") as file:
            lines = [line.split(b":", 2) for line in file.read().split(b"\n")]
    except OSError:
        return []
    return [(fields[1], fields[2]) for fields in lines if len(fields) == 3]


def _listening(path: str) -> Iterator[int]:
    try:
        with open(path) as file:
            next(file, None)
            for line in file:
                _, local, _, state, _ = line.split(maxsplit=4)
                if state == LISTEN:
                    yield int(local.rpartition(":")[2], 16)
    except (OSError, ValueError):
        return
