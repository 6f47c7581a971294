"""What the kernel does not say about a thread: its user's name, its container, its command line."""

import pwd
from typing import Final

from csyspy.containers import container_of

HOST: Final = ("host", "host", "host", "")
# libs: container_engine/sinsp_container_type.h
_ENGINES: Final = {
    0: "docker", 1: "lxc", 2: "libvirt-lxc", 3: "mesos", 4: "rkt", 6: "cri", 7: "containerd", 8: "cri-o", 9: "bpm", 11: "podman",
    100: "nspawn",
}  # fmt: skip


class Identities:
    """Each question is asked once per new value; TaskTable keeps the answers."""

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
