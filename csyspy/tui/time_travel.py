"""Where in a capture's time the screen stands, how it moves, and what was kept of a live past."""

from collections import deque
from dataclasses import dataclass, field

from csyspy.tui.frame import Frame, Window
from csyspy.tui.time_index import TimeIndex

NS_PER_S = 1_000_000_000
SLOWEST, FASTEST = 0.25, 64.0
LEAST_SAMPLES = 20
"""A capture too short for so many samples has shorter ones."""
MOST_KEPT_ROWS = 300_000
MOST_KEPT = 300


@dataclass(slots=True)
class TimeTravel:
    """The window on a capture: all of it (None), or a part that steps, plays or was chosen."""

    index: TimeIndex
    interval_ns: int
    window: Window | None = None
    speed: float = 1.0
    is_playing: bool = False
    marks: list[int] = field(default_factory=list)
    """Times, ns since the epoch, in order."""
    range_start_ns: int | None = None
    """Where a range begins whose end is still to come."""

    @property
    def sample_ns(self) -> int:
        """How far one step goes: the refresh interval, less in a short capture."""
        return max(min(self.interval_ns, self.index.span_ns // LEAST_SAMPLES), 1)

    @property
    def position_ns(self) -> int:
        """The time that is shown last; the end of the capture where all of it is."""
        return self.window.end_ns if self.window else self.index.end_ns

    def seek(self, time_ns: int) -> None:
        """Show the sample that ends at time_ns."""
        end_ns = max(self.index.start_ns + self.sample_ns, min(time_ns, self.index.end_ns + 1))
        self.window = Window(end_ns - self.sample_ns, end_ns)

    def step(self, samples: int) -> None:
        self.seek(self.position_ns + samples * self.sample_ns)

    def select(self, one_ns: int, other_ns: int) -> None:
        """Show what lies between two times."""
        start_ns, end_ns = sorted((one_ns, other_ns))
        self.window = Window(start_ns, max(end_ns, start_ns + 1))
        self.range_start_ns = None
        self.is_playing = False

    def whole(self) -> None:
        """Show all there is."""
        self.window, self.is_playing, self.range_start_ns = None, False, None

    def play(self) -> None:
        """Go on from here; from the beginning where the end is shown."""
        if self.window is None or self.position_ns >= self.index.end_ns:
            self.window = Window(self.index.start_ns, self.index.start_ns + 1)
        self.is_playing = True

    def tick(self, elapsed_s: float) -> bool:
        """Time has passed while playing; False at the end, where it stops."""
        start_ns = self.position_ns
        end_ns = min(start_ns + max(int(elapsed_s * self.speed * NS_PER_S), 1), self.index.end_ns + 1)
        self.window = Window(start_ns, end_ns)
        self.is_playing = end_ns <= self.index.end_ns
        return self.is_playing

    def faster(self, factor: float) -> None:
        self.speed = bounded_speed(self.speed * factor)

    def mark(self) -> None:
        """Remember this moment."""
        if self.position_ns not in self.marks:
            self.marks = sorted([*self.marks, self.position_ns])

    def next_mark(self) -> bool:
        """Go to the first mark behind this moment, round the end; False where there is none at all."""
        if not self.marks:
            return False
        self.seek(next((mark for mark in self.marks if mark > self.position_ns), self.marks[0]))
        return True


def bounded_speed(speed: float) -> float:
    """The nearest speed that there is. Raises ValueError for what is no number."""
    if speed != speed:
        raise ValueError("not a number")
    return min(max(speed, SLOWEST), FASTEST)


class Kept:
    """Frames of a live source that were shown, to walk back through; bounded by rows."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=MOST_KEPT)
        self._rows = 0
        self._back = 0

    def add(self, frame: Frame) -> None:
        if len(self._frames) == MOST_KEPT:
            self._drop()
        self._frames.append(frame)
        self._rows += len(frame.snapshot)
        if self._back:
            self._back += 1
        while self._rows > MOST_KEPT_ROWS and len(self._frames) > 1:
            self._drop()

    def _drop(self) -> None:
        self._rows -= len(self._frames.popleft().snapshot)
        self._back = min(self._back, max(len(self._frames) - 1, 0))

    def clear(self) -> None:
        self._frames.clear()
        self._rows = self._back = 0

    def newest(self) -> Frame | None:
        """What was kept last; walking back begins anew from there."""
        self._back = 0
        return self._frames[-1] if self._frames else None

    def walk(self, steps: int) -> Frame | None:
        """So many frames on, or back where negative, as far as there are any."""
        if not self._frames:
            return None
        self._back = max(0, min(self._back - steps, len(self._frames) - 1))
        return self._frames[-1 - self._back]

    @property
    def back(self) -> int:
        """How many frames behind the newest."""
        return self._back
