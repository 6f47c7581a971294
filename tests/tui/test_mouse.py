"""Everything that can be done with the mouse."""

from pathlib import Path

from screen import settled, text_of

from csyspy.tui.app import CsyspyApp
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.screens.overview import OverviewScreen, TileBox
from csyspy.tui.screens.page import PageScreen
from csyspy.tui.screens.picker import Picker
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.tui.widgets.grid import GridView
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.scrubber import Scrubber
from csyspy.tui.widgets.spectrogram import Spectrogram


async def test_rows_crumbs_keys_and_the_filter(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.click(GridView, offset=(20, 3))
        assert app.view_screen.query_one(GridView).cursor == 2
        await pilot.click(GridView, offset=(20, 3), times=2)
        await settled(pilot)
        assert app.view_screen.view.id == "threads"
        await pilot.click(ContextBar, offset=(3, 0))
        await settled(pilot)
        assert app.view_screen.view.id == "procs"
        assert app.view_screen.query_one(GridView).cursor == 2
        await pilot.click(GridView, offset=(20, 5), button=3)
        await pilot.pause()
        assert isinstance(app.screen, Picker)
        await pilot.press("escape")
        await pilot.click(KeyBar, offset=(2, 0))
        await pilot.pause()
        assert isinstance(app.screen, PageScreen)
        await pilot.press("backspace")
        await pilot.click(FilterBar, offset=(10, 0))
        await pilot.pause()
        assert app.view_screen.query_one(FilterBar).is_editing


async def test_the_line_of_time(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.click(Scrubber, offset=(50, 0))
        await settled(pilot)
        assert "◆ MOMENT" in text_of(app)
        window = app.view_screen.travel.window
        assert window is not None
        await pilot.mouse_down(Scrubber, offset=(30, 0))
        await pilot.mouse_up(Scrubber, offset=(60, 0))
        await settled(pilot)
        chosen = app.view_screen.travel.window
        assert chosen is not None
        assert chosen.end_ns - chosen.start_ns > 10 * (window.end_ns - window.start_ns) / 2
        await pilot.press("w")
        await settled(pilot)
        assert "■ END" in text_of(app)


async def test_a_box_over_the_spectrogram_opens_its_events(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f12")
        await settled(pilot)
        await pilot.mouse_down(Spectrogram, offset=(50, 5))
        await pilot.mouse_up(Spectrogram, offset=(80, 12))
        await settled(pilot)
        assert isinstance(app.screen, DigScreen)
        rows, window = app.screen.rows, app.screen.window
        assert window is not None
        assert rows
        assert all(window.start_ns <= row.time_ns < window.end_ns for row in rows)
        assert max(row.latency_ns for row in rows) < 100 * min(row.latency_ns for row in rows) * 100


async def test_a_tile_opens_its_view(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("o")
        await settled(pilot)
        assert isinstance(app.screen, OverviewScreen)
        tile = next(tile for tile in app.screen.query(TileBox) if tile.tile.topic.view_id == "files")
        await pilot.click(tile, times=2)
        await settled(pilot)
        assert app.view_screen.view.id == "files"
