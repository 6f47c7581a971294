"""What is worked out once for a kernel and kept: compiled programs, and numbers of its types.

It is loaded into the kernel, so it lies where root alone may write, and is believed only there; without such a place nothing is kept, and
every start works it out anew.
"""

import contextlib
import functools
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from csyspy.capture.live.btf import VMLINUX

CACHE: Final = Path("/var/cache/csyspy")
FORMAT: Final = 2
"""Of the files."""
USED_EVERY_S: Final = 86_400
"""A file that is read gets the present time, at most this often."""
KEPT_S: Final = 30 * 86_400
"""A file that nobody has read for so long belongs to a kernel or a csyspy that is gone."""


def is_safe() -> bool:
    """Whether files may be kept, and believed: a folder of root's that nobody else writes to, and we are root."""
    if os.geteuid() != 0:
        return False
    try:
        CACHE.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = CACHE.lstat()
        if status.st_uid == 0 and stat.S_ISDIR(status.st_mode) and status.st_mode & 0o077:
            return _closed(stat.S_IMODE(status.st_mode))
    except OSError:
        return False
    return status.st_uid == 0 and not status.st_mode & 0o077


def _closed(mode: int) -> bool:
    """Whether a folder of root's, open to others, was empty, such as a new volume of a cluster; it is root's alone then."""
    CACHE.chmod(0o700)
    if any(CACHE.iterdir()):  # what others may have laid there is not believed
        CACHE.chmod(mode)
        return False
    return True


def path_of(name: str, made_of: Iterable[str] = ()) -> Path | None:
    """Where something is kept that depends on ``made_of`` and on the running kernel; None where nothing may be kept."""
    if not is_safe():
        return None
    digest = hashlib.sha256("\0".join((str(FORMAT), *_kernel(), *made_of)).encode())
    return CACHE / f"{name}-{digest.hexdigest()[:32]}.json"


@functools.cache
def _kernel() -> tuple[str, ...]:
    """What tells one kernel from another: its build, and the length of the types that it carries."""
    kernel = os.uname()
    try:
        types = VMLINUX.stat().st_size
    except OSError:
        types = 0
    return kernel.release, kernel.version, kernel.machine, str(types)


def load(path: Path | None) -> Any:
    """What was kept there; None where nothing is, or the file was cut short."""
    if path is None:
        return None
    try:
        text = path.read_bytes()
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > USED_EVERY_S:
                os.utime(path)
        return json.loads(text)
    except (OSError, ValueError):
        return None


def store(path: Path | None, content: Any) -> None:
    """Write beside, then rename: another csyspy may start at this moment. What nobody uses any more goes."""
    if path is None:
        return
    part = path.with_suffix(f".{os.getpid()}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file)
        part.replace(path)
        _forget_old()
    except OSError:
        part.unlink(missing_ok=True)


def _forget_old() -> None:
    oldest_s = time.time() - KEPT_S
    for path in CACHE.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest_s:
                path.unlink()
