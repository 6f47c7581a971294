"""Captures that do not tell how long a call took."""

from pathlib import Path

from screen import settled, text_of

from csyspy.tui.app import CsyspyApp
from csyspy.tui.replay_feed import ReplayFeed


async def test_an_empty_spectrogram_and_no_slow_calls_say_why(captures: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(captures / "newer" / "newest_a_general.scap")), "slow_io")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "How long a call took is not known where a capture has no begins of calls" in text_of(app)
        await pilot.press("z")
        await settled(pilot)
        assert "■ END  no latency known" in text_of(app)
