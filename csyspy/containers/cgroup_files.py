"""What the files of control groups say of a container: limits without asking any runtime, memory and waiting for CPU as they are now.

Version 1, version 2, or both side by side: each of the controllers is in one hierarchy or the other
(kernel: Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst, scheduler/sched-bwc.rst).
"""

import glob
import itertools
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MOUNTINFO: Final = "/proc/self/mountinfo"
UNLIMITED: Final = 1 << 60
"""Version 1 has a number near the largest for "no limit"."""
MOST_BYTES: Final = 1 << 14
MOST_LEVELS: Final = 4
"""Of groups in which both the reader's and another container are."""
_UPWARDS: Final = re.compile(r"^(?:/\.\.)+/")
_CONTROLLERS: Final = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Place:
    """The directory of a container's group in the hierarchy that has a controller."""

    path: str
    version: int


Places = dict[str, Place]
"""By controller: `cpu`, `memory`; those that were found."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Of the scheduler's periods since the container began."""

    all: int
    throttled: int
    """Those in which it had used up its share and had to wait."""


class CgroupFiles:
    """The hierarchies of this machine."""

    def __init__(self, mountinfo: str = MOUNTINFO) -> None:
        self._unified = ""
        self._mounts: dict[str, str] = {}
        for point, kind, options in _mounts(mountinfo):
            if kind == "cgroup2":
                self._unified = self._unified or point
            else:
                for option in options:
                    self._mounts.setdefault(option, point)

    def places(self, container_id: str, cgroups: Sequence[tuple[bytes, bytes]]) -> Places:
        """Where the container is, by the (subsystem, path) pairs of one of its processes, which may be in a group below."""
        found: Places = {}
        for controller in _CONTROLLERS:
            version = 1 if controller in self._mounts else 2
            mount = self._mounts.get(controller, self._unified)
            # A process that is gone has told its paths without their subsystems: the one that is there is it.
            paths = [path for names, path in cgroups if not names or (version == 1 and controller.encode() in names.split(b","))]
            for path in map(os.fsdecode, paths):
                top = _top(container_id, path)
                if mount and top and (folder := _folder(mount, top, _PROOF[controller])):
                    found[controller] = Place(folder, version)
        return found


_PROOF: Final = {"cpu": "cpu.stat", "memory": "memory.stat"}


def limits(places: Places) -> dict[str, int]:
    """cpu_quota, cpu_period, cpu_shares, memory_limit as in a container's JSON, for what the files say; 0 where there is no limit."""
    found: dict[str, int] = {}
    cpu, memory = places.get("cpu"), places.get("memory")
    if cpu is not None and cpu.version == 1:
        found["cpu_quota"] = max(_number(cpu, "cpu.cfs_quota_us"), 0)
        found["cpu_period"] = _number(cpu, "cpu.cfs_period_us")
        found["cpu_shares"] = _number(cpu, "cpu.shares")
    elif cpu is not None and len(words := _read(cpu, "cpu.max").split()) == 2:
        found["cpu_quota"], found["cpu_period"] = _whole(words[0]), _whole(words[1])
        if weight := _number(cpu, "cpu.weight"):
            found["cpu_shares"] = 2 + (weight - 1) * 262142 // 9999  # the inverse of what runc makes of shares
    if memory is not None:
        limit = _number(memory, "memory.limit_in_bytes" if memory.version == 1 else "memory.max")
        found["memory_limit"] = limit if limit < UNLIMITED else 0
    return found


def memory_bytes(places: Places) -> int | None:
    """Memory in use, without the pages of files that can be dropped at any time (kubelet: working set); None where it is not known."""
    place = places.get("memory")
    if place is None:
        return None
    used = _number(place, "memory.usage_in_bytes" if place.version == 1 else "memory.current", -1)
    if used < 0:
        return None
    name = b"total_inactive_file" if place.version == 1 else b"inactive_file"
    return max(used - _of(_read(place, "memory.stat"), name), 0)


def periods(places: Places) -> Periods | None:
    """How often the container had to wait for its CPU limit so far; None where it is not known."""
    place = places.get("cpu")
    if place is None:
        return None
    text = _read(place, "cpu.stat")
    return Periods(_of(text, b"nr_periods"), _of(text, b"nr_throttled")) if b"nr_periods" in text else None


def throttled_percent(before: Periods | None, now: Periods | None) -> float | None:
    """Of the periods between two readings; None without a reading, 0 where none has passed."""
    if before is None or now is None:
        return None
    passed = now.all - before.all
    return min(max(100.0 * (now.throttled - before.throttled) / passed, 0.0), 100.0) if passed > 0 else 0.0


def _folder(mount: str, path: str, proof: str) -> str:
    """The directory of a group in which there is a file of that name; empty where there is none.

    From within a namespace of control groups (csyspy in a container) paths lead up from the reader's own group, and where that lies is
    not said; with the machine's hierarchy at hand (deploy/daemonset.yaml) the group is somewhere below the first levels of it."""
    below = _UPWARDS.sub("", path)
    if below != path:
        levels = (f"{glob.escape(mount)}{'/*' * level}/{glob.escape(below)}/{proof}" for level in range(MOST_LEVELS))
        return os.path.dirname(next(itertools.chain.from_iterable(map(glob.iglob, levels)), ""))
    return mount + path if os.path.isfile(f"{mount}{path}/{proof}") else ""


def _top(container_id: str, path: str) -> str:
    """The path as far as the container's own group; empty where it is not in it."""
    at = path.find(container_id)
    if at < 0 or ".." in _UPWARDS.sub("", path):
        return ""
    end = path.find("/", at)
    return path if end < 0 else path[:end]


def _mounts(mountinfo: str) -> Iterable[tuple[str, str, list[str]]]:
    """(mount point, kind, options) of the hierarchies."""
    try:
        with open(mountinfo) as file:
            lines = [line.split() for line in file]
    except OSError:
        return
    for words in lines:
        kind, *rest = words[words.index("-") + 1 :]
        if kind in ("cgroup", "cgroup2") and rest:  # its source may be empty, and is no word then
            yield words[4], kind, rest[-1].split(",")


def _read(place: Place, name: str) -> bytes:
    try:
        file = os.open(f"{place.path}/{name}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, MOST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(file)


def _number(place: Place, name: str, missing: int = 0) -> int:
    text = _read(place, name).strip()
    return _whole(text) if text else missing


def _whole(text: bytes) -> int:
    """The number, 0 for anything else, such as `max`."""
    try:
        return int(text)
    except ValueError:
        return 0


def _of(text: bytes, name: bytes) -> int:
    """The number behind a name; each has a line of its own."""
    _, found, rest = (b"\n" + text).partition(b"\n" + name + b" ")
    return _whole(rest.partition(b"\n")[0]) if found else 0
