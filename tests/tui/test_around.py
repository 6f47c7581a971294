"""From a row that is an event to what happened round it."""

from pathlib import Path

import pytest
from screen import settled, text_of

from csyspy.tui.app import CsyspyApp
from csyspy.tui.moments import AROUND_NS
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.widgets.grid import GridView
from csyspy.tui.widgets.lines import LinesView


@pytest.mark.parametrize(("view_id", "label"), [("spy_users", "around #"), ("slow_io", "around 00:3")])
async def test_enter_opens_the_events_round_the_rows(demo: Path, view_id: str, label: str) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), view_id)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down", "down")
        grid = app.view_screen.query_one(GridView)
        key, snapshot = grid.cursor_key, grid.snapshot
        assert isinstance(key, int)
        assert snapshot is not None
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, DigScreen)
        assert label in text_of(app).splitlines()[0]
        rows = app.screen.rows
        row = rows[app.screen.query_one(LinesView).cursor]
        assert key == (row.time_ns if view_id == "slow_io" else row.number)
        assert rows[0].time_ns < row.time_ns < rows[-1].time_ns
        assert row.time_ns - rows[0].time_ns <= 4 * AROUND_NS
        await pilot.press("escape")
        await settled(pilot)
        assert grid.cursor_key == key


async def test_the_pane_of_a_row_has_room_for_a_time(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), "slow_io")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("i")
        await settled(pilot)
        pane = text_of(app)
        assert "╭─ 00:31:12.590" in pane
        assert "│ TIME      00:31:12.590" in pane
        assert "│ LATENCY   56.4ms      PID       629 " in pane
