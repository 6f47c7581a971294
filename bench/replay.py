"""What a view and a jump in time cost in a long capture, without a screen."""

import random
import time
from pathlib import Path
from typing import NamedTuple

from csyspy.capture.seek import SeekableCapture
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS

VIEW = "procs"
STEP_EVENTS = 4096
FIRST_ROWS_EVENTS = 8 * STEP_EVENTS
"""What the screen shows first is a view of so many events."""
SEEKS = 40
WINDOW_EVENTS = 20_000
MINUTE_NS = 60 * 10**9


class ReplayCosts(NamedTuple):
    """Milliseconds, but for the first."""

    events: int
    first_rows_ms: float
    walk_ms: float
    """From the start to the end, checkpoints included."""
    seek_ms: float
    """Median of jumps to anywhere, the view of the events there included."""
    worst_seek_ms: float
    late_seek_ms: float
    """The slowest jump into the last minute."""


def replay_costs(path: Path) -> ReplayCosts:
    """Walk the capture once, then jump about in it."""
    start_s = time.perf_counter()
    seekable = SeekableCapture(str(path))
    aggregation = ViewAggregation(VIEWS[VIEW])
    capture = seekable.open(0, aggregation.sink.needs)
    first_rows_ms, times = 0.0, [(0, 0)]
    with capture.source:
        capture.walker.attach([aggregation.sink])
        while capture.walker.step(STEP_EVENTS):
            seekable.keep(capture)
            if not first_rows_ms and capture.state.events >= FIRST_ROWS_EVENTS:
                aggregation.snapshot(capture.state, 1)
                first_rows_ms = _since(start_s)
            times.append((capture.state.evt_ts, capture.state.events))
    walk_ms = _since(start_s)
    late = next(before for time_ns, before in times if time_ns > times[-1][0] - MINUTE_NS)
    events = capture.state.events
    numbers = random.Random(1)
    seeks_ms = sorted(_seek_ms(seekable, numbers.randrange(events)) for _ in range(SEEKS))
    late_seek_ms = max(_seek_ms(seekable, numbers.randrange(late, events)) for _ in range(SEEKS))
    seekable.close()
    return ReplayCosts(events, first_rows_ms, walk_ms, seeks_ms[SEEKS // 2], seeks_ms[-1], late_seek_ms)


def _seek_ms(seekable: SeekableCapture, target: int) -> float:
    start_s = time.perf_counter()
    aggregation = ViewAggregation(VIEWS[VIEW])
    capture = seekable.open(target, aggregation.sink.needs)
    with capture.source:
        capture.walker.attach([])
        capture.walker.step(target - capture.state.events)
        capture.walker.attach([aggregation.sink])
        capture.walker.step(WINDOW_EVENTS)
        aggregation.snapshot(capture.state, 1)
    return _since(start_s)


def _since(start_s: float) -> float:
    return (time.perf_counter() - start_s) * 1000
