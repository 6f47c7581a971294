"""What a feed hands to the screen: one snapshot and all that stands round it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from csyspy.views.snapshot import Snapshot


class State(Enum):
    """How fresh the screen is: a glyph and a word."""

    LIVE = "● LIVE"
    LIMITED = "● LIMITED"
    """Live, but from /proc alone."""
    PAUSED = "Ⅱ PAUSED"
    LOADING = "◌ LOADING"
    END = "■ END"
    PARTIAL = "■ PARTIAL"
    """The capture could not be read to its end."""
    FAILED = "✗ FAILED"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number of the pulse strip, with its recent past."""

    label: str
    text: str
    level: float | None
    """Where the newest value stands between nothing (0) and the most there can be (1); None where there is no such most."""
    history: tuple[float, ...]
    """Oldest first, at least 0."""
    peak: float
    """The value that fills the graph."""
    is_whole: bool = False
    """The history is all there is, from one end to the other: it fills the graph's width. Otherwise the newest values are shown."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything a refresh changes."""

    snapshot: Snapshot
    state: State
    gauges: tuple[Gauge, ...] = ()
    total_rows: int = 0
    """Before the filter."""
    detail: str = ""
    """Beside the state: `2.0s`, `48 %`."""
    progress: float | None = None
    """Of a load, 0 to 1."""
    notice: str = ""
    """One line about what cannot be seen, or what went wrong."""


class Feed(Protocol):
    """Makes frames, in a thread of its own."""

    source: str
    """What is looked at: `live`, or the name of the capture."""
    filter_text: str

    def run(self, publish: Callable[[Frame], None]) -> None:
        """Publish frames until there is nothing more to come or `stop` was called."""

    def stop(self) -> None:
        """Make `run` return soon; may be called from any thread."""
