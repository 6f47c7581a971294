"""tracefs where it is mounted, or else mounted for this process alone, at no place: nothing about the machine changes."""

import contextlib
import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Final

MOUNTED: Final = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
# include/uapi/asm-generic/unistd.h, include/uapi/linux/mount.h: the same on every architecture
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_CREATE, _CLOEXEC = 6, 1


@cache
def folder() -> Path | None:
    """Where tracefs can be read; None where it cannot, for want of it or of rights."""
    for place in MOUNTED:
        if os.path.isdir(f"{place}/events"):
            return Path(place)
    with contextlib.suppress(OSError):
        path = Path(f"/proc/self/fd/{_mounted_nowhere()}")
        if (path / "events").is_dir():
            return path
    return None


def _mounted_nowhere() -> int:
    """Descriptor of the root of a mount that stands in no folder; it stays open. Raises OSError (before Linux 5.2, or not root)."""
    filesystem = _call(_FSOPEN, ctypes.c_char_p(b"tracefs"), _CLOEXEC)
    try:
        _call(_FSCONFIG, filesystem, _CREATE, None, None, 0)
        return _call(_FSMOUNT, filesystem, _CLOEXEC, 0)
    finally:
        os.close(filesystem)


def _call(number: int, *arguments: object) -> int:
    result = int(_LIBC.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
