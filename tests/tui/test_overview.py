"""A capture at a glance."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from screen import settled, text_of, until

from csyspy.tui.app import CsyspyApp
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.overview import TileBox


async def test_says_how_far_it_has_come(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csyspy.tui.reading.FIRST_DRAW_S", 0.0)
    monkeypatch.setattr("csyspy.tui.pace.LEAST_MEASURED_S", 0.0)
    feed, goes_on = ReplayFeed(str(demo)), threading.Event()
    walk = feed.walk

    def halting(sinks: Any, window: Any, is_cancelled: Any, on_step: Any, *more: Any) -> None:
        def step(state: Any) -> None:
            on_step(state)
            if state.events > 90_000:
                goes_on.wait(60)

        walk(sinks, window, is_cancelled, step, *more)

    app = CsyspyApp(feed)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        monkeypatch.setattr("csyspy.tui.reading.DRAW_S", 0.0)
        monkeypatch.setattr(feed, "walk", halting)
        await pilot.press("o")
        try:
            await until(pilot, lambda: "5" in re.findall(r"LOADING .*?(\d)\d%  \d+ s left  \S+ ev/s", text_of(app)))
            assert app.screen.query(TileBox).first().tile.total > 0
        finally:
            goes_on.set()
        await until(pilot, lambda: "■ END  180,434 events" in text_of(app))
