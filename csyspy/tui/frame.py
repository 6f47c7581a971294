"""What the screen asks of a feed, and what it gets: one snapshot and all that stands round it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import Any, Protocol

from csyspy.filters.passing import EVERYTHING, Passing
from csyspy.rules.directions import Directions
from csyspy.tui.time_index import TimeIndex
from csyspy.views.format import short_count
from csyspy.views.snapshot import Snapshot, Sort
from csyspy.views.view import View


class State(Enum):
    """How fresh the screen is: a glyph and a word."""

    LIVE = "● LIVE"
    LIMITED = "● LIMITED"
    """Live, but from /proc alone."""
    PAUSED = "Ⅱ PAUSED"
    LOADING = "◌ LOADING"
    REPLAY = "▶ REPLAY"
    """Time runs in a capture."""
    MOMENT = "◆ MOMENT"
    """A part of a capture, and time stands."""
    END = "■ END"
    PARTIAL = "■ PARTIAL"
    """The capture could not be read to its end."""
    FAILED = "✗ FAILED"


LIVE_STATES = frozenset({State.LIVE, State.LIMITED})


class Can(Flag):
    """What a feed is able to do; the screen asks for this, never where the data comes from."""

    NOTHING = 0
    EVENTS = auto()
    """It has events: filters, dig, echo, spectrograms."""
    SEEK = auto()
    """It has a past to go to and an end."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of time, ns since the epoch; the end is not in it."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Query:
    """What is to be shown: view × selections and filter × time."""

    view: View
    filter_text: str = ""
    """Selections and filter together, without the view's own and without the time."""
    window: Window | None = None
    """None: all there is."""
    row_text: str = ""
    """Only rows that contain this."""
    sort: Sort | None = None
    """None: as the view begins."""
    containers: bool = False
    """Columns with container data (-pc)."""
    asked: frozenset[str] = frozenset()
    """Fields of columns that are counted on request (Column.on_request), where the user has asked."""
    trends: bool = True
    """Whether trends are worth a second look at a capture; not while time moves on anyhow."""
    seq: int = 0
    """Tells answers to this query from those to older ones."""


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
    """Before the text that rows have to contain."""
    loss: str = ""
    """What the kernel found no room for; empty where nothing was lost. Shown however narrow the screen is."""
    detail: str = ""
    """Beside the state: `2.0s`, `48 %`."""
    progress: float | None = None
    """Of a load, 0 to 1."""
    notice: str = ""
    """One line about what cannot be seen, or what went wrong."""
    why_empty: tuple[str, ...] = ()
    """Lines that say why there may be no rows, where the source knows more of it than the query does."""
    query_seq: int = 0
    """Of the query that this answers."""
    events: int = 0
    """How many were looked at; 0 where none are, or they are not counted."""


def loss_text(lost: int, events: int = 0) -> str:
    """`▲ 1.2% lost` of so many events and those lost, `▲ 310 lost` where they were not counted; empty where nothing was lost."""
    if not lost:
        return ""
    return f"▲ {lost / (events + lost):.1%} lost" if events else f"▲ {short_count(lost)} lost"


Publish = Callable[[Frame], None]
IsCancelled = Callable[[], bool]


class Feed(Protocol):
    """Makes frames. Its methods are called from threads of their own; several may run at once."""

    source: str
    """What is looked at: `live`, or the name of the capture."""
    can: Can
    index: TimeIndex
    """The times of the capture, as far as it has been read; empty where there is no past."""

    lost: int
    """Events that its walks have lost so far, because the kernel's ring was full."""

    directions: Directions
    """Which events rules see (csyspy.rules.directions)."""

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        """Publish frames until the query is answered for good, or `is_cancelled()`. Raises FieldError where its filter is wrong."""

    def walk(
        self,
        sinks: Sequence[Any],
        window: Window | None,
        is_cancelled: IsCancelled,
        on_step: Callable[[Any], None],
        wanted: Passing = EVERYTHING,
    ) -> None:
        """Give the events of a window to engine sinks (csyspy.engine.state.Sink); `on_step(state)` before the
        first and then often, between two events. A live source may leave out what is not `wanted`.

        Only where it can EVENTS. Raises CaptureError once everything before the damage has been given out.
        """

    def reach(self, state: Any, window: Window | None) -> float | None:
        """How far a walk of the window has come that stands at `state`, 0 to 1, about; None where nobody knows, or there is no end."""

    def save(self, path: str, window: Window) -> int:
        """Write the events of a window to a capture, with the state that they need; how many. Only where it can SEEK.

        Raises CsyspyError where the file is there already, or cannot be written."""

    def why_not(self, view: View) -> str:
        """Why it cannot fill a view; empty where it can."""

    def why_no_filter(self, filter_text: str) -> str:
        """Why it cannot apply a filter that is right in itself; empty where it can."""

    def close(self) -> None:
        """Let go of what it holds; what still runs ends soon."""
