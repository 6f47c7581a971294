"""What the kernel does not say about a thread: its user's name, its container, its command line."""

import pwd
from collections.abc import Iterator
from typing import Final

from csyspy.containers import container_of

HOST: Final = ("host", "host", "host", "")
# libs: container_engine/sinsp_container_type.h
_ENGINES: Final = {
    0: "docker", 1: "lxc", 2: "libvirt-lxc", 3: "mesos", 4: "rkt", 6: "cri", 7: "containerd", 8: "cri-o", 9: "bpm", 11: "podman",
    100: "nspawn",
}  # fmt: skip


LISTEN: Final = "0A"


class Identities:
    """Each question is asked once per new value; the tables keep the answers."""

    def __init__(self) -> None:
        self._listening: frozenset[int] | None = None

    def forget(self) -> None:
        """Look anew at what changes by itself: call it at each sample."""
        self._listening = None

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

    def container(self, cgroups: tuple[int, int], pid: int) -> tuple[str, str, str, str] | None:
        """(id, name, engine, image) of a process in those control groups; None where it is gone and nobody can tell."""
        try:
            with open(f"/proc/{pid}/cgroup", "rb") as file:
                lines = file.read().split(b"\n")
        except OSError:
            return None
        found = container_of([(subsystem, path) for _, subsystem, path in (line.split(b":", 2) for line in lines if line.count(b":") > 1)])
        if found is None:
            return HOST
        container_id, kind, name = found
        return container_id, name or container_id, _ENGINES.get(kind, ""), ""

    def exeline(self, pid: int) -> str | None:
        """The command line, words separated by blanks; None where there is none."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read(4096).rstrip(b"\0 ").replace(b"\0", b" ").decode("utf-8", "surrogateescape") or None
        except OSError:
            return None


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
