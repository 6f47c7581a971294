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
from csyspy.tui.widgets.pulse import GaugeBox, Pulse


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


async def test_a_capture_of_a_moment_has_a_shape_too(captures: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(captures / "upstream" / "curl_google.scap")))  # 1,536 events
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        gauge = app.view_screen.query_one(Pulse).query(GaugeBox).first()
        assert "█" in "".join(segment.text for y in range(1, 4) for segment in gauge.render_line(y))
        await pilot.press("o")
        await settled(pilot)
        tile = next(box.tile for box in app.screen.query(TileBox) if box.tile.topic.title == "Events")
        assert len(tile.rates) > 5
        assert tile.rates[0] < max(tile.rates) > 0


async def test_a_screen_too_small_for_a_capture_says_nothing_else(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)))
    async with app.run_test(size=(90, 14)) as pilot:
        await settled(pilot)
        assert text_of(app).split() == ["needs", "60x15,", "is", "90x14"]
