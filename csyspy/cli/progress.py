"""How far a long read is: a bar on a terminal, sysdig's bare percentage elsewhere; both on standard error."""

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

_PATIENCE_S = 1.0
"""A read that is over sooner shows no bar."""
_EVERY_S = 0.2


class Reading(NamedTuple):
    """Where the read is: the part that is done (0 to 1), bytes of the files in all, events so far."""

    part: float
    total_bytes: int
    events: int


class Progress:
    """Shows what ``look`` tells while the ``with`` block runs, from a thread of its own.

    ``bare`` (-P where standard error is no terminal) writes a percentage, as sysdig does, from the start.
    """

    def __init__(self, look: Callable[[], Reading], *, bare: bool) -> None:
        self._look = look
        self._bare = bare
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._show_bare if bare else self._show_bar, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        if self._bare:
            sys.stderr.write(f"\r{100.0 if error is None else 100 * self._look().part:.2f}\n")
            sys.stderr.flush()

    def _show_bare(self) -> None:
        shown = -1.0
        while not self._done.wait(_EVERY_S):
            percent = 100 * self._look().part
            if percent - shown > 0.1:
                sys.stderr.write(f"\r{percent:.2f}")
                sys.stderr.flush()
                shown = percent

    def _show_bar(self) -> None:
        if self._done.wait(_PATIENCE_S):
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(), DownloadColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            reading = self._look()
            task = bar.add_task("", total=reading.total_bytes or None, speed="")
            events = reading.events
            while not self._done.wait(_EVERY_S):
                reading = self._look()
                speed = f"{(reading.events - events) / _EVERY_S / 1e6:.2f} M events/s"
                events = reading.events
                bar.update(task, completed=int(reading.part * reading.total_bytes), speed=speed)
