"""The threads of the machine from /proc, in the form in which the kernel's task iterator gives them (bpf/tasks.c).

For tiers without type information. A thread that lives and dies between two passes is not seen at all; one that ended since the pass
before keeps what it used after it to itself. What this user may not read is 0.
"""

import os
import resource
import struct
import zlib
from collections.abc import Iterator
from typing import Final

NS_PER_S: Final = 1_000_000_000
ROW: Final = struct.Struct("<15Q10I16s")
"""struct task_row of bpf/tasks.c."""
NOTHING: Final = memoryview(b"")


class _Empty:
    """In place of the kernel's maps: threads that ended, their control groups, what found no room."""

    def entries_read(self, *, delete: bool = False) -> tuple[int, memoryview, memoryview]:
        """/proc keeps none."""
        return 0, NOTHING, NOTHING

    def lookup(self, key: bytes) -> bytes | None:
        """None: nothing is kept."""
        return None


class ProcTasks:
    """Stands where the loaded probe set `tasks` stands (csyspy.capture.live.load.Loaded), and its rows."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._tick_ns = NS_PER_S // os.sysconf("SC_CLK_TCK")

    def read(self) -> bytes:
        """Rows of all threads (csyspy.capture.live.task_rows)."""
        return b"".join(row for pid in filter(str.isdecimal, os.listdir(self._proc)) for row in self._of_process(f"{self._proc}/{pid}"))

    def map(self, name: str) -> _Empty:
        """A map of the kernel's; here all stay empty."""
        return _Empty()

    def close(self) -> None:
        """Nothing is held."""

    def _of_process(self, folder: str) -> Iterator[bytes]:
        try:
            tids = os.listdir(f"{folder}/task")
            limit = _fd_limit(int(folder.rpartition("/")[2]))
            cgroups = zlib.crc32(_read(f"{folder}/cgroup"))  # equal groups have equal lines
        except OSError:
            return
        for tid in tids:
            try:
                yield self._row(f"{folder}/task/{tid}", limit, cgroups)
            except (OSError, ValueError, LookupError, struct.error):
                continue  # it ended meanwhile

    def _row(self, folder: str, limit: int, cgroups: int) -> bytes:
        head, _, behind = _read(f"{folder}/stat").rpartition(b") ")
        tid, _, comm = head.partition(b" (")
        stat = behind.split()  # from the third field of proc(5) on
        status = dict(line.split(b":\t", 1) for line in _read(f"{folder}/status").split(b"\n") if b":\t" in line)
        user_ns, system_ns = int(stat[11]) * self._tick_ns, int(stat[12]) * self._tick_ns
        read_bytes, written_bytes = _io(f"{folder}/io")
        return ROW.pack(
            int(stat[19]) * self._tick_ns,
            _cpu_ns(f"{folder}/schedstat", user_ns + system_ns),
            user_ns,
            system_ns,
            int(stat[7]),
            int(stat[9]),
            read_bytes,
            written_bytes,
            int(stat[20]) // resource.getpagesize(),
            int(stat[21]),
            0,
            0,
            limit,
            cgroups,
            0,
            int(tid),
            int(status[b"Tgid"]),
            int(stat[1]),
            int(status.get(b"NSpid", tid).split()[-1]),
            int(status.get(b"NStgid", status[b"Tgid"]).split()[-1]),
            int(status[b"Uid"].split()[1]),
            int(stat[17]),
            zlib.crc32(b" ".join((comm, *stat[23:26], *stat[45:47]))),  # another program lies at other addresses
            int(stat[6]) & 0xFFFFFFFF,
            0,
            comm[:15],
        )


def _fd_limit(pid: int) -> int:
    try:
        return resource.prlimit(pid, resource.RLIMIT_NOFILE)[0] & 0xFFFFFFFFFFFFFFFF
    except (OSError, ValueError):
        return 0


def _cpu_ns(path: str, otherwise: int) -> int:
    """Time on a CPU, exact where the kernel keeps statistics of its scheduler."""
    try:
        return int(_read(path).split()[0])
    except (OSError, ValueError, IndexError):
        return otherwise


def _io(path: str) -> tuple[int, int]:
    """Bytes read and written by system calls; 0 for those of other users, unless we are root."""
    try:
        lines = dict(line.split(b": ") for line in _read(path).splitlines())
        return int(lines[b"rchar"]), int(lines[b"wchar"])
    except (OSError, ValueError, KeyError):
        return 0, 0


def _read(path: str) -> bytes:
    """A file of /proc, without the cost of a file object. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 16)
    finally:
        os.close(fd)
