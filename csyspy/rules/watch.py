"""Whether files have changed, asked now and then."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

LOOK_S: Final = 1.0
"""Between two looks."""

Stamp = tuple[int, int, int] | None


class FileWatch:
    """Watches files, and the files of directories: for new contents, files that come and files that go.

    A change counts once it has stayed for a whole look, so that a file in the middle of being written is not read.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = [Path(path) for path in paths]
        self._known = self._seen = self._stamps()
        self._next_s = time.monotonic() + LOOK_S

    def changed(self) -> bool:
        """True once for each change."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + LOOK_S / 2
        stamps = self._stamps()
        settled, self._seen = stamps == self._seen, stamps
        if not settled or stamps == self._known:
            return False
        self._known = stamps
        return True

    def _stamps(self) -> dict[str, Stamp]:
        found: dict[str, Stamp] = {}
        for path in self._paths:
            try:
                files = sorted(path.iterdir()) if path.is_dir() else [path]
            except OSError:
                files = [path]
            found.update((str(file), _stamp(file)) for file in files)
        return found


def _stamp(path: Path) -> Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
