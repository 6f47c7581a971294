"""Rows of all threads (csyspy.capture.live.tasks), from the kernel: by the quicker of two ways where there is room for them."""

import contextlib
import mmap
import os
from typing import Final

from csyspy.capture.live.load import Loaded

WALK: Final = "csp_walk"
HEAD_BYTES: Final = 16
"""In front of the rows: how many bytes they are, and how many threads found no room (bpf/tasks.c)."""
MOST_FILLED: Final = 0.75
"""Of the room, beyond which the pass that comes might find too little."""
FIRST_PID_NAMESPACE: Final = 0xEFFFFFFC
"""Its inode (linux: include/linux/proc_ns.h)."""


class TaskRows:
    """What bpf/tasks.c tells of all threads, pass by pass."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._room: mmap.mmap | None = None
        if WALK in loaded.module.functions and os.stat("/proc/self/ns/pid").st_ino == FIRST_PID_NAMESPACE:
            walked = loaded.map("walked")
            self._room = mmap.mmap(walked.fd, walked.value_size)
        self._bytes = -1
        """Of the pass before; the first tells everything of everybody."""

    def read(self) -> "memoryview | bytes":
        """The rows of now, good until the next call. Of a thread there may be two, the newer one behind. Raises LiveError."""
        if self._room is None or not 0 <= self._bytes <= MOST_FILLED * len(self._room):
            rows = self._loaded.iterate("csp_tasks", "task")
            self._bytes = len(rows)
            return rows
        self._loaded.run(WALK)
        self._bytes, missing = (int.from_bytes(self._room[at : at + 8], "little") for at in (0, 8))
        walked = memoryview(self._room)[HEAD_BYTES : HEAD_BYTES + self._bytes]
        if not missing:
            return walked
        self._bytes = len(self._room)
        with walked:
            return bytes(walked) + self._loaded.iterate("csp_tasks", "task")

    def close(self) -> None:
        """Give the memory back."""
        if self._room is not None:
            with contextlib.suppress(BufferError):  # an error on its way up still holds the rows: it goes with them
                self._room.close()
            self._room = None
