"""What the screen's thread pays for a new snapshot of many processes, at 120x40."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from csyspy.rules.directions import Directions
from csyspy.tui.app import CsyspyApp
from csyspy.tui.frame import Can, Frame, IsCancelled, Publish, Query, State, Window
from csyspy.tui.screens.view import ViewScreen
from csyspy.tui.time_index import TimeIndex
from csyspy.tui.widgets.grid import GridView
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Snapshot, Value, snapshot_of
from csyspy.views.view import View

ROWS = 10_000
REFRESHES = 20


class _Quiet:
    """A feed that publishes nothing."""

    source = "bench"
    can = Can.NOTHING
    directions: Directions = "auto"
    lost = 0

    def __init__(self) -> None:
        self.index = TimeIndex()

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        """Nothing comes."""

    def walk(
        self,
        sinks: Sequence[Any],
        window: Window | None,
        is_cancelled: IsCancelled,
        on_step: Callable[[Any], None],
        wanted: object = None,
    ) -> None:
        """There are no events."""

    def reach(self, state: Any, window: Window | None) -> float | None:
        return None

    def save(self, path: str, window: Window) -> int:
        return 0

    def why_not(self, view: View) -> str:
        return ""

    def why_no_filter(self, filter_text: str) -> str:
        return ""

    def close(self) -> None:
        """Nothing runs."""


def _snapshot(seq: int) -> Snapshot:
    rows: list[dict[str, Value]] = [
        {
            "proc.pid": pid, "proc.ppid": 1, "thread.cpu": (pid * 7919 + seq * 31) % 1000 / 10, "user.name": "root", "proc.nthreads": 4,
            "thread.vmsize.b": pid * 4096, "thread.vmrss.b": pid * 1024, "evt.buflen.file": pid % 5000, "evt.buflen.net": 0,
            "proc.exeline": f"/usr/lib/program/worker-{pid} --listen 127.0.0.1:{pid} --verbose",
        }
        for pid in range(1, ROWS + 1)
    ]
    return snapshot_of(VIEWS["procs"], rows, seq=seq)


async def _measure() -> tuple[float, float]:
    snapshots = [_snapshot(seq) for seq in range(1, REFRESHES + 1)]
    async with CsyspyApp(_Quiet()).run_test(size=(120, 40)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ViewScreen)
        grid = screen.query_one(GridView)
        screen.show(Frame(snapshots[0], State.LIVE, total_rows=ROWS, query_seq=screen.query_seq))
        await pilot.pause()
        apply_s = frame_s = 0.0
        for snapshot in snapshots:
            frame = Frame(snapshot, State.LIVE, total_rows=ROWS, query_seq=screen.query_seq)
            start_s = time.perf_counter()
            screen.show(frame)
            apply_s += time.perf_counter() - start_s
            start_s = time.perf_counter()
            for y in range(grid.size.height):
                grid.render_line(y)
            frame_s += time.perf_counter() - start_s
    return apply_s / REFRESHES * 1000, frame_s / REFRESHES * 1000


def screen_costs_ms() -> tuple[float, float]:
    """Mean milliseconds to apply a snapshot of ROWS rows that is sorted already, and to draw the table's lines after it."""
    return asyncio.run(_measure())
