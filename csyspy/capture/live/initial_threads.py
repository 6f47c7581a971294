"""Threads that run when a live capture begins, from /proc (libs: userspace/libscap/scap_procs.c)."""

import contextlib
import os
import resource
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

UNSET: Final = 0xFFFFFFFF
MAX_LIST: Final = 4096
CLONE_THREAD_FILES: Final = 0x2000 | 0x1
"""PPM_CL_CLONE_THREAD and PPM_CL_CLONE_FILES: what libs assumes of threads that it did not see made."""
CGROUP_CONTROLLERS: Final = Path("/sys/fs/cgroup/cgroup.controllers")


@dataclass(slots=True)
class InitialThread:
    """An entry of a process list (csyspy.capture.tables)."""

    tid: int
    pid: int
    ptid: int = 0
    sid: int = -1
    vpgid: int = -1
    pgid: int = -1
    comm: bytes = b""
    exe: bytes = b""
    exepath: bytes = b""
    args: list[bytes] = field(default_factory=list)
    env: list[bytes] = field(default_factory=list)
    cwd: bytes = b""
    root: bytes = b""
    fdlimit: int = -1
    flags: int = 0
    uid: int = UNSET
    gid: int = UNSET
    vmsize_kb: int = 0
    vmrss_kb: int = 0
    vmswap_kb: int = 0
    pfmajor: int = 0
    pfminor: int = 0
    vtid: int = -1
    vpid: int = -1
    cgroups: list[tuple[bytes, bytes]] = field(default_factory=list)
    pidns_init_start_ts: int = 0
    tty: int = 0
    loginuid: int = UNSET
    exe_writable: bool = False
    cap_inheritable: int = 0
    cap_permitted: int = 0
    cap_effective: int = 0
    exe_upper_layer: bool = False
    exe_lower_layer: bool = False
    exe_from_memfd: bool = False
    exe_ino: int = 0
    exe_ino_ctime: int = 0
    exe_ino_mtime: int = 0


def processes(proc: Path = Path("/proc")) -> Iterator[tuple[InitialThread, list[InitialThread]]]:
    """(main thread, the other threads) of every process; what ends while it is read is left out."""
    for name in os.listdir(proc):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                leader = _leader(proc, int(name))
                yield leader, _others(proc, leader)


def running(tid: int, proc: Path = Path("/proc")) -> InitialThread:
    """A thread as it is now. Raises OSError, ValueError or LookupError where it is gone."""
    thread = _leader(proc, tid)
    thread.pid = int(dict(line.split(b":\t", 1) for line in _read(f"{proc}/{tid}/status").splitlines() if b":\t" in line)[b"Tgid"])
    return thread


def _leader(proc: Path, pid: int) -> InitialThread:
    folder = f"{proc}/{pid}"
    thread = InitialThread(pid, pid)
    _status(thread, folder)
    _stat(thread, folder)
    words = _list(f"{folder}/cmdline")
    thread.exe, thread.args = (words[0], words[1:]) if words else (b"", [])
    thread.env = _list(f"{folder}/environ")
    thread.cwd = _link(f"{folder}/cwd")
    thread.root = _link(f"{folder}/root")
    thread.cgroups = cgroups(_read(f"{folder}/cgroup"))
    with contextlib.suppress(OSError, ValueError):
        thread.fdlimit = min(resource.prlimit(pid, resource.RLIMIT_NOFILE)[0], (1 << 63) - 1)
    with contextlib.suppress(OSError, ValueError):
        thread.loginuid = int(_read(f"{folder}/loginuid"))
    _executable(thread, folder)
    return thread


def _others(proc: Path, leader: InitialThread) -> list[InitialThread]:
    """The further threads of a process: what is the process's own they have from their leader."""
    found = []
    folder = f"{proc}/{leader.pid}/task"
    for name in os.listdir(folder):
        if int(name) != leader.pid:
            with contextlib.suppress(OSError, ValueError, IndexError):
                thread = InitialThread(int(name), leader.pid, flags=CLONE_THREAD_FILES)
                for word in ("exe", "exepath", "args", "env", "cwd", "root", "fdlimit", "loginuid", "exe_writable", "exe_ino"):
                    setattr(thread, word, getattr(leader, word))
                _status(thread, f"{folder}/{name}")
                _stat(thread, f"{folder}/{name}")
                thread.cgroups = cgroups(_read(f"{folder}/{name}/cgroup"))
                found.append(thread)
    return found


def _status(thread: InitialThread, folder: str) -> None:
    lines = dict(line.split(b":\t", 1) for line in _read(f"{folder}/status").splitlines() if b":\t" in line)
    thread.ptid = int(lines[b"PPid"])
    thread.uid = int(lines[b"Uid"].split()[1])
    thread.gid = int(lines[b"Gid"].split()[1])
    thread.vtid = int(lines.get(b"NSpid", b"%d" % thread.tid).split()[-1])
    thread.vpid = int(lines.get(b"NStgid", b"%d" % thread.pid).split()[-1])
    if b"NSpgid" in lines:
        numbers = lines[b"NSpgid"].split()
        thread.pgid, thread.vpgid = int(numbers[0]), int(numbers[-1])
    for key, name in ((b"VmSize", "vmsize_kb"), (b"VmRSS", "vmrss_kb"), (b"VmSwap", "vmswap_kb")):
        if key in lines:
            setattr(thread, name, int(lines[key].split()[0]))
    for key, name in ((b"CapInh", "cap_inheritable"), (b"CapPrm", "cap_permitted"), (b"CapEff", "cap_effective")):
        setattr(thread, name, int(lines.get(key, b"0"), 16))


def _stat(thread: InitialThread, folder: str) -> None:
    line = _read(f"{folder}/stat")
    opening, closing = line.index(b"("), line.rindex(b")")
    thread.comm = line[opening + 1 : closing]
    words = line[closing + 2 :].split()
    thread.sid, thread.tty = int(words[3]), int(words[4]) & 0xFFFFFFFF
    thread.pfminor, thread.pfmajor = int(words[7]), int(words[9])
    if thread.pgid < 0:
        thread.pgid = thread.vpgid = int(words[2])


def _executable(thread: InitialThread, folder: str) -> None:
    """Its path, its file, and whether the process may write to it as plain permissions have it."""
    path = _link(f"{folder}/exe")
    thread.exepath = path.removesuffix(b" (deleted)")
    thread.exe_from_memfd = path.startswith(b"/memfd:")
    with contextlib.suppress(OSError):
        status = os.stat(f"{folder}/exe")
        thread.exe_ino, thread.exe_ino_ctime, thread.exe_ino_mtime = status.st_ino, status.st_ctime_ns, status.st_mtime_ns
        own = thread.uid in (0, status.st_uid)
        thread.exe_writable = (
            own or bool(status.st_mode & stat.S_IWOTH) or (thread.gid == status.st_gid and bool(status.st_mode & stat.S_IWGRP))
        )


def cgroups(text: bytes) -> list[tuple[bytes, bytes]]:
    """(subsystem, path) of /proc/PID/cgroup: of version 1 a pair for each, version 2 stands for the controllers that are left."""
    found: list[tuple[bytes, bytes]] = []
    for line in text.splitlines():
        _, _, rest = line.partition(b":")
        names, _, path = rest.partition(b":")
        if names:
            found += [(name, path) for name in names.split(b",") if not name.startswith(b"name=")]
        elif path not in {other for _, other in found}:
            found += [(name, path) for name in _controllers()] or [(b"unified", path)]
    return found


def _controllers() -> list[bytes]:
    try:
        return CGROUP_CONTROLLERS.read_bytes().split()
    except OSError:
        return []


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        pieces = []
        while piece := file.read(65536):
            pieces.append(piece)
        return b"".join(pieces)


def _list(path: str) -> list[bytes]:
    """NUL-separated pieces; none where it may not be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            text = file.read(MAX_LIST)
    except OSError:
        return []
    return text.removesuffix(b"\0").split(b"\0") if text else []


def _link(path: str) -> bytes:
    try:
        return os.fsencode(os.readlink(path))
    except OSError:
        return b""
