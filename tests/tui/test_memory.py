"""What was closed is gone, with all that it had collected."""

import weakref
from pathlib import Path

from screen import until

from csyspy.tui.app import CsyspyApp
from csyspy.tui.memory import give_back
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.stream import StreamScreen


async def test_a_closed_screen_leaves_nothing_behind(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), filter_text="proc.name=curl")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.view_screen.frame is not None)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, StreamScreen) and not app.screen.is_reading)
        closed = weakref.ref(app.screen)
        await pilot.press("escape")

        def is_gone() -> bool:
            give_back()
            return closed() is None

        await until(pilot, is_gone)
