"""Every key of every view, on real captures: each does something or says why not, and nothing falls over."""

from pathlib import Path
from typing import Any

import pytest
from screen import settled, text_of
from textual.pilot import Pilot

from csyspy.tui.app import CsyspyApp
from csyspy.tui.commands import COMMANDS, Command, Place
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.screens.view import ViewScreen
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import Kind

LEAVES = {"quit", "save-screen"}
TABLES = [view.id for view in VIEWS.values() if view.kind is not Kind.SPECTROGRAM and view.id not in ViewScreen.OPENERS]
PARTS = 4
"""The views are shared out to so many tests, which may run side by side."""


def keys_of(place: Place, most: int = 9) -> list[tuple[str, Command]]:
    """The first `most` keys of every command that works there."""
    here = [command for command in COMMANDS if command.places & place and command.id not in LEAVES and command.number < 3]
    return [(key, command) for command in here for key in command.keys.split(",")[:most]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the commands that ran, as they run."""
    ids: list[str] = []
    real = CommandScreen.action_command

    def spy(self: CommandScreen, command_id: str) -> None:
        ids.append(command_id)
        real(self, command_id)

    monkeypatch.setattr(CommandScreen, "action_command", spy)
    return ids


async def at_home(pilot: Pilot[Any]) -> None:
    """Close whatever was opened."""
    app = pilot.app
    await settled(pilot)
    while len(app.screen_stack) > 1:
        app.pop_screen()
    bar = app.screen.query_one(FilterBar)
    if bar.is_editing:
        await pilot.press("escape")


async def test_every_key_of_the_table_runs_its_command(small: Path, ran: list[str]) -> None:
    app = CsyspyApp(ReplayFeed(str(small)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for key, command in keys_of(Place.TABLE):
            ran.clear()
            await pilot.press(key)
            assert command.id in ran, key
            if len(app.screen_stack) > 1 or app.screen.query_one(FilterBar).is_editing:
                await at_home(pilot)
            if app.view_screen.filter_text:
                app.view_screen.use_filter("")


@pytest.mark.parametrize(
    ("opener", "place"),
    [("d", Place.EVENTS), ("e", Place.ECHO), ("f12", Place.SPECTRO), ("f7", Place.PAGE), ("o", Place.OVERVIEW), ("A", Place.ALERTS)],
)
async def test_every_key_of_the_other_screens(small: Path, opener: str, place: Place) -> None:
    app = CsyspyApp(ReplayFeed(str(small)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press(opener)
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, CommandScreen)
        assert screen.PLACE is place
        for key, _ in keys_of(place):
            await pilot.press(key)
            while app.screen is not screen and len(app.screen_stack) > 2:
                app.pop_screen()
                await pilot.pause()
            if app.screen is not screen:
                await at_home(pilot)
                await pilot.press(opener)
                await settled(pilot)
                screen = app.screen
            for bar in screen.query(FilterBar):
                if bar.is_editing:
                    await pilot.press("escape")


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_view_takes_every_key(small: Path, ran: list[str], part: int) -> None:
    app = CsyspyApp(ReplayFeed(str(small)))
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        for number, view_id in enumerate(TABLES[part::PARTS]):
            app.view_screen.filter_text = ""
            app.view_screen.containers = number % 2 == 1  # with the columns of -pc, and without
            app.view_screen.open_view(view_id)
            await settled(pilot)
            frame = app.view_screen.frame
            assert frame is not None
            assert frame.snapshot.view.id == view_id
            assert VIEWS[view_id].name in text_of(app)
            for key, command in keys_of(Place.TABLE, most=1):
                ran.clear()
                await pilot.press(key)
                assert ran == [command.id], (view_id, key)
                if len(app.screen_stack) > 1 or app.screen.query_one(FilterBar).is_editing:
                    await at_home(pilot)
                if app.view_screen.view.id != view_id or app.view_screen.filter_text:
                    await app.workers.wait_for_complete()
                    app.view_screen.filter_text = ""
                    app.view_screen.open_view(view_id)
        assert not [text for _, text in app.said if "internal" in text]


async def test_every_spectrogram_opens_from_the_list_of_views(small: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(small)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for view in VIEWS.values():
            if view.kind is Kind.SPECTROGRAM:
                app.view_screen.switch_view(view.id)
                await settled(pilot)
                assert view.name in text_of(app)
                await at_home(pilot)


async def test_a_list_that_is_sorted_by_a_number_gives_that_number(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), "port_bindings")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert app.view_screen.frame is not None
        columns = [column.field for column in app.view_screen.frame.snapshot.columns]
        app.view_screen.sort_by(columns.index("fd.sport"))
        await pilot.press("y")
        assert app.said[-1][1].startswith("Copied: fd.sport=")
