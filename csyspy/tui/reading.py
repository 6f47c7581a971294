"""How far a walk has come, said to a screen now and then."""

import time
from collections.abc import Callable
from typing import Any

from csyspy.tui.frame import Feed, Window
from csyspy.tui.pace import Pace

FIRST_DRAW_S, DRAW_S = 0.1, 0.3
"""When the screen is told first, and how long it takes to the next."""
Tell = Callable[[float | None, list[str]], object]
"""Gets how far it has come, 0 to 1 or None where nobody knows, and words about it, the most wanted first."""


class Reading:
    """The `on_step` of a walk of `window`, in the thread that walks; `tell` may not wait."""

    def __init__(self, feed: Feed, window: Window | None, tell: Tell) -> None:
        self._feed, self._window, self._tell = feed, window, tell
        self._due_s = time.monotonic() + FIRST_DRAW_S
        self._pace: Pace | None = None

    def __call__(self, state: Any) -> None:
        if self._pace is None:
            self._pace = Pace(self._feed.reach(state, self._window) or 0.0, state.events)
        if time.monotonic() < self._due_s:
            return
        self._due_s = time.monotonic() + DRAW_S
        progress = self._feed.reach(state, self._window)
        self._tell(progress, self._pace.words(progress, state.events) if progress is not None else [])
