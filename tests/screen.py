"""The screen under test: a feed without a thread of its own, frames made by hand, and ways to look at what is drawn."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from textual.pilot import Pilot

from csyspy.filters.passing import EVERYTHING, Passing
from csyspy.rules.directions import Directions
from csyspy.tui.app import CsyspyApp
from csyspy.tui.frame import Can, Frame, Gauge, IsCancelled, Publish, Query, State, Window
from csyspy.tui.time_index import TimeIndex
from csyspy.tui.widgets.grid import GridView
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Value, snapshot_of
from csyspy.views.view import View

DEADLINE_S = 60.0


class QuietFeed:
    """A live feed that leaves publishing to the test, and remembers what it was asked."""

    source = "live"
    can = Can.NOTHING
    directions: Directions = "once"
    lost = 0

    def __init__(self) -> None:
        self.index = TimeIndex()
        self.closed = False
        self.queries: list[Query] = []

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        self.queries.append(query)

    def walk(
        self,
        sinks: Sequence[Any],
        window: Window | None,
        is_cancelled: IsCancelled,
        on_step: Callable[[Any], None],
        wanted: Passing = EVERYTHING,
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
        self.closed = True


def frame(
    *cpus: float,
    seq: int = 1,
    query_seq: int = 1,
    commands: tuple[str, ...] = (),
    state: State = State.LIMITED,
    notice: str = "only /proc",
) -> Frame:
    """A frame of processes 1, 2, … with these CPU percents; each is the child of the one before."""
    rows: list[dict[str, Value]] = [
        {
            "proc.pid": pid, "proc.ppid": pid - 1, "thread.cpu": cpu, "user.name": "root", "proc.nthreads": 1,
            "thread.vmrss.b": pid * 2**20,
            "proc.exeline": commands[pid - 1] if commands else f"/usr/bin/cmd{pid} --flag",
        }
        for pid, cpu in enumerate(cpus, start=1)
    ]
    snapshot = snapshot_of(VIEWS["procs"], rows, seq=seq, time_ns=1_700_000_000 * 10**9)
    gauges = (Gauge("CPU", "12% of 2", 0.12, (0.1, 0.12), 1),)
    return Frame(snapshot, state, gauges, len(rows), "2s", notice=notice, query_seq=query_seq)


def line(app: CsyspyApp, y: int) -> str:
    """What stands in line y of the table; 0 is its head."""
    return app.screen_stack[0].query_one(GridView).render_line(y).text


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Let the app work until the condition holds, however slow the machine is."""
    give_up_s = time.monotonic() + DEADLINE_S
    while True:
        await pilot.pause()
        if condition():
            return
        assert time.monotonic() < give_up_s, "the screen never came to it"
        await pilot.pause(0.05)


async def settled(pilot: Pilot[Any]) -> None:
    """Let all threads end, and what they found be shown."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def shown(pilot: Pilot[Any], a_frame: Frame) -> CsyspyApp:
    """Publish a frame and wait until it is on the screen."""
    app = pilot.app
    assert isinstance(app, CsyspyApp)
    app.publish(a_frame)
    await until(pilot, lambda: app.is_mailbox_empty)
    return app


def text_of(app: CsyspyApp) -> str:
    """The whole screen as text, line by line."""
    screen = app.screen
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)
