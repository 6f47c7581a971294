"""Whether the screen's thread has something to do, for those who could wait with what they do."""

import selectors
import threading

LONGEST_WAIT_S = 0.02
"""Of a step of reading for the screen: where that is busy all the time, the reading still goes on."""


class IdleSelector(selectors.DefaultSelector):
    """The event loop's selector: where it waits, the loop has nothing to do.

    CPython gives its lock to nobody in particular: where a thread reads events, the screen waits up to a step of reading each time
    that it has let go of the lock, as every turn of its loop does, to ask the kernel for more. A key takes nine turns."""

    def __init__(self) -> None:
        super().__init__()
        self._idle = threading.Event()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:  # the loop goes on at once, whatever is found
            return super().select(timeout)
        self._idle.set()
        found = super().select(timeout)
        self._idle.clear()
        return found

    def close(self) -> None:
        super().close()
        self._idle.set()

    def wait_until_idle(self, longest_s: float = LONGEST_WAIT_S) -> bool:
        """Return once the loop has nothing to do, or after `longest_s`; whether it was the former. For other threads than the loop's."""
        return self._idle.wait(longest_s)
