"""Whole screens as text, compared with what was looked at and found good.

`CSYSPY_GOLDEN=write pytest tests/tui/test_golden.py` writes them anew; the difference is then reviewed as a picture is.
"""

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from screen import QuietFeed, frame, settled, shown, text_of, until

from csyspy.tui.app import CsyspyApp
from csyspy.tui.frame import Frame, State
from csyspy.tui.live_feed import NOTICE
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.settings import Settings
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import snapshot_of

GOLDEN = Path(__file__).parent / "golden"
VIEWS_AND_SIZES = [
    (view_id, size) for view_id in ("procs", "containers", "connections", "files", "spy_users") for size in ((80, 24), (120, 40))
]
KEYS = {
    "dig": ("down", "d"),
    "echo": ("down", "e", "f2", "f2"),
    "spectrogram": ("f12",),
    "overview": ("o",),
    "help": ("question_mark",),
    "legend": ("f7",),
    "views": ("f2",),
    "sort": ("f9",),
    "actions": ("f8",),
    "columns": ("C",),
    "detail": ("down", "i"),
    "tree": ("t",),
    "moment": ("left_square_bracket", "m", "left_square_bracket", "left_square_bracket"),
    "drilled": ("down", "enter"),
    "nothing-matches": ("f4", *"evt.type=reboot", "enter"),
    "no-events": ("f4", *"evt.type=reboot", "enter", "d"),
    "wrong-filter": ("f4", *"proc.nmae=x"),
    "completion": ("f4", *"proc.name=ng"),
}


def check(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("CSYSPY_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert text + "\n" == path.read_text()


def hues(app: CsyspyApp) -> set[tuple[int, int, int]]:
    """The colours on the screen that are no grey."""
    colours = {
        style.color.triplet
        for strip in app.screen._compositor.render_strips()
        for _, style, _ in strip
        if style is not None and style.color is not None and style.color.triplet is not None
    }
    return {(*colour,) for colour in colours if max(colour) != min(colour)}


@pytest.mark.parametrize(("view_id", "size"), VIEWS_AND_SIZES)
async def test_views(demo: Path, view_id: str, size: tuple[int, int]) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), view_id)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        check(f"{view_id}-{size[0]}x{size[1]}", text_of(app))
        app.theme = "ink"
        await pilot.pause()
        check(f"{view_id}-{size[0]}x{size[1]}", text_of(app))
        assert not hues(app)


@pytest.mark.parametrize("name", KEYS)
async def test_screens(demo: Path, name: str) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for key in KEYS[name]:
            await pilot.press(key)
        await settled(pilot)
        if app.view_screen.query_one(FilterBar).is_editing:
            await pilot.pause(0.2)  # what is typed is judged once the fingers rest
        check(name, text_of(app))


async def test_without_hues_selection_and_sort_are_told_by_signs(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), settings=Settings(theme="ink"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = text_of(app)
        assert text == (GOLDEN / "procs-80x24.txt").read_text().rstrip("\n")
        assert "CPU▼" in text
        assert "▸ " in text
        assert not hues(app)


SIZES = ((80, 24), (120, 40))


@pytest.mark.parametrize("theme", ["csyspy", "ink"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["dig", "alerts"])
async def test_screens_of_events(demo: Path, root: Path, name: str, size: tuple[int, int], theme: str) -> None:
    rules = str(root / "examples" / "rules.yaml")
    app = CsyspyApp(ReplayFeed(str(demo)), rules_files=(rules,), settings=Settings(theme=theme))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press(*{"dig": ("down", "d"), "alerts": ("A",)}[name])
        await settled(pilot)
        if name == "alerts" and size[1] >= 30:  # the condition is looked through once the cursor rests
            await until(pilot, lambda: "✓" in text_of(app))
        check(f"{name}-{size[0]}x{size[1]}", text_of(app))


async def test_a_screen_that_is_too_small_says_so_until_it_grows() -> None:
    app = CsyspyApp(QuietFeed())
    async with app.run_test(size=(52, 12)) as pilot:
        await shown(pilot, frame(50.0, 3.0))
        check("state-too-small", text_of(app))
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "needs 60x15" not in text_of(app)


@pytest.mark.parametrize("state", [State.LIMITED, State.LIVE, State.LOADING, State.END, State.MOMENT, State.FAILED, State.PARTIAL])
async def test_states(state: State) -> None:
    app = CsyspyApp(QuietFeed())
    async with app.run_test(size=(80, 24)) as pilot:
        rows = () if state is State.FAILED else (50.0, 3.0)
        notices = {State.LIMITED: NOTICE, State.LIVE: "", State.LOADING: "", State.END: "", State.MOMENT: ""}
        notice = notices.get(state, "the file ends in the middle of a block (at byte 81,204,224)")
        made = frame(*rows, state=state, notice=notice)
        if state is State.LOADING:
            made = replace(made, progress=0.48, detail="48%  12 s left  1.21M ev/s  2,881,204 events")
        await shown(pilot, made)
        check(f"state-{state.name.lower()}", text_of(app))


@pytest.mark.parametrize("theme", ["csyspy", "ink"])
async def test_a_live_screen_says_what_was_lost_and_how_long_it_has_been_held(monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    app = CsyspyApp(QuietFeed(), settings=Settings(theme=theme))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, replace(frame(50.0, 3.0, state=State.LIVE, notice=""), loss="▲ 1.2% lost", detail="2s  31200 ev/s"))
        check("state-drops", text_of(app))
        now_s = 100.0
        for module in ("time_commands", "view_base"):
            monkeypatch.setattr(f"csyspy.tui.screens.{module}.time", SimpleNamespace(monotonic=lambda: now_s))
        await pilot.press("p")
        now_s += 12
        later = frame(9.0, 80.0, seq=2, state=State.LIVE, notice="")
        await shown(pilot, replace(later, snapshot=replace(later.snapshot, time_ns=later.snapshot.time_ns + 12 * 10**9)))
        check("state-paused", text_of(app))


async def test_without_containers_the_screen_says_where_they_were_looked_for() -> None:
    app = CsyspyApp(QuietFeed(), "containers")
    async with app.run_test(size=(80, 24)) as pilot:
        lines = ("No running process is in a control group of a container.", "docker at /run/docker.sock: permission denied")
        empty = Frame(snapshot_of(VIEWS["containers"], (), time_ns=1_700_000_000 * 10**9), State.LIVE, why_empty=lines, query_seq=1)
        await shown(pilot, empty)
        check("state-no-containers", text_of(app))
