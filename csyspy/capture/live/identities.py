"""What the kernel does not say about a thread: its user's name, its container, its command line."""

import pwd
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from csyspy.containers import cgroup_files, container_of
from csyspy.containers.cgroup_files import CgroupFiles
from csyspy.containers.node import Container, NodeMetadata
from csyspy.engine.extract.described import ContainerFields

_OWNERS: Final = ("rc", "rs", "svc", "deployment")
_NUMBERS: Final = (
    "container.cpu.limit", "container.cpu.request", "container.cpu.throttled", "container.memory.limit", "container.memory.used",
    "container.memory.of_limit", "container.restarts", "k8s.pod.cpu.limit", "k8s.pod.cpu.request", "k8s.pod.memory.limit",
)  # fmt: skip
_FLAGS: Final = ("container.privileged", "container.read_only_root")
_TEXTS: Final = (
    "container.id", "container.name", "container.type", "container.image", "container.image.repository", "container.image.tag",
    "container.user", "container.capabilities", "container.host_namespaces", "container.writable_host_mounts",
    "k8s.pod.id", "k8s.pod.name", "k8s.ns.name", "k8s.ns.id", "k8s.ns.labels", "k8s.pod.labels", "k8s.pod.image",
    *(f"k8s.{owner}.{part}" for owner in _OWNERS for part in ("id", "name", "labels")),
)  # fmt: skip
CONTAINER_FIELDS: Final = (*_TEXTS, *_FLAGS, *_NUMBERS)
"""What `container` tells, in its order."""
_NAME: Final = CONTAINER_FIELDS.index("container.name")
_PRIVILEGED: Final = CONTAINER_FIELDS.index("container.privileged")
MEASURED: Final = frozenset({"container.cpu.throttled", "container.memory.used", "container.memory.of_limit"})
"""What control groups count; everything else changes when somebody tells something new."""
HOST: Final = tuple(
    "host" if field in ("container.id", "container.name", "container.type") else "" if field in _TEXTS else None
    for field in CONTAINER_FIELDS
)
Cell = str | int | float | None
LISTEN: Final = "0A"


class Identities:
    """Each question is asked once per new value; the tables keep the answers."""

    def __init__(self, metadata: NodeMetadata | None = None) -> None:
        self.path_of: Callable[[int], bytes | None] = lambda cgroup: None
        """What the kernel remembers of a control group by its id, for processes that are gone."""
        self.measures = False
        """Whether anybody asks for what control groups count: some files to be read for each container at each sample."""
        self._listening: frozenset[int] | None = None
        self._metadata = metadata
        self._news = metadata.news() if metadata is not None else None
        self._fields = ContainerFields(CONTAINER_FIELDS)
        self._files = CgroupFiles()
        self._containers: dict[str, _Container] = {}

    def forget(self) -> None:
        """Look anew at what changes by itself: call it at each sample."""
        self._listening = None
        changed = self._told() | self._measured()
        for container_id in changed:
            self._describe(self._containers[container_id])

    def _told(self) -> set[str]:
        """Ids of the containers of which something new is known."""
        found = {}
        for told in self._news.take() if self._news is not None else ():
            if told["id"] in self._containers:
                found[told["id"]] = told
        for container_id, told in found.items():
            self._containers[container_id].told = told
        return set(found)

    def _measured(self) -> set[str]:
        """Ids of the containers whose control groups have been read."""
        if not self.measures:
            return set()
        there = {container_id for container_id, container in self._containers.items() if container.places}
        for container_id in there:
            self._containers[container_id].measure()
        return there

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

    def container(self, cgroups: tuple[int, int], pid: int) -> Sequence[Cell]:
        """CONTAINER_FIELDS of a process in those control groups, which may be gone.

        The name is the id until the runtime has told one; all of them change in place."""
        paths = _cgroups(pid) or [(b"", path) for path in map(self.path_of, cgroups) if path is not None]
        found = container_of(paths)
        if found is None:
            return HOST
        container_id, kind, name = found
        container = self._containers.get(container_id)
        if container is None:
            told: Container = {"id": container_id, "type": kind, "name": name}
            if self._metadata is not None:
                self._metadata.want(container_id)
                told = self._metadata.get(container_id) or told
            container = self._containers[container_id] = _Container(told, self._files.places(container_id, paths))
            self._describe(container)
        return container.row

    def _describe(self, container: "_Container") -> None:
        values = self._fields.of(container.described())
        container.row[:] = [
            "" if value is None and field in _TEXTS else value for field, value in zip(CONTAINER_FIELDS, values, strict=True)
        ]
        container.row[_NAME] = container.row[_NAME] or container.told["id"]
        if "privileged" not in container.told:  # the field's false is also what libs say where they do not know
            container.row[_PRIVILEGED] = None

    def exeline(self, pid: int) -> str | None:
        """The command line, words separated by blanks; None where there is none."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read(4096).rstrip(b"\0 ").replace(b"\0", b" ").decode("utf-8", "surrogateescape") or None
        except OSError:
            return None


class _Container:
    """What is known of a container, from whom it is known, and the values that its processes share."""

    __slots__ = ("limits", "measured", "periods", "places", "row", "told")

    def __init__(self, told: Container, places: cgroup_files.Places) -> None:
        self.told = told
        self.places = places
        self.row: list[Cell] = []
        self.limits = cgroup_files.limits(places)
        self.measured: dict[str, Cell] = {}
        self.periods = cgroup_files.periods(places)

    def measure(self) -> None:
        """Read what its control groups count; some of it is counted since the time before."""
        now = cgroup_files.periods(self.places)
        used = cgroup_files.memory_bytes(self.places)
        self.measured = {"memory_bytes": used, "throttled_percent": cgroup_files.throttled_percent(self.periods, now)}
        self.periods = now
        if now is None and used is None:  # it has gone, and what it had is nothing to look for again
            self.places = {}

    def described(self) -> Container:
        """Its JSON, with limits as the kernel has them, which is what counts, where they could be read."""
        return {**self.told, **self.limits, "cgroup": self.measured}


def container_of_process(pid: int) -> str | None:
    """Id of the container that a process is in, `host` for none; None where the process is gone."""
    cgroups = _cgroups(pid)
    if not cgroups:
        return None
    found = container_of(cgroups)
    return found[0] if found is not None else HOST[0]


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
