"""The first screen, driven by keys. No feed thread runs here: Pilot waits for the process to fall idle."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from csyspy.errors import UsageError
from csyspy.tui.app import CsyspyApp, run
from csyspy.tui.frame import Frame, Gauge, State
from csyspy.tui.screens.sort_picker import SortPicker
from csyspy.tui.screens.table import TableScreen
from csyspy.tui.widgets.context_bar import ContextBar, FilterBar
from csyspy.tui.widgets.grid import GridView
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Value, snapshot_of


class QuietFeed:
    """A feed that leaves publishing to the test."""

    source = "live"
    filter_text = ""

    def __init__(self) -> None:
        self.stopped = False

    def run(self, publish: Callable[[Frame], None]) -> None:
        """Nothing by itself."""

    def stop(self) -> None:
        self.stopped = True


def frame(*cpus: float, seq: int = 1, commands: tuple[str, ...] = ()) -> Frame:
    """A frame of processes 1, 2, … with these CPU percents."""
    rows: list[dict[str, Value]] = [
        {
            "proc.pid": pid, "proc.ppid": 0, "thread.cpu": cpu, "user.name": "root", "proc.nthreads": 1, "thread.vmrss.b": pid * 2**20,
            "proc.exeline": commands[pid - 1] if commands else f"/usr/bin/cmd{pid} --flag",
        }
        for pid, cpu in enumerate(cpus, start=1)
    ]
    snapshot = snapshot_of(VIEWS["procs"], rows, seq=seq, time_ns=1_700_000_000 * 10**9)
    return Frame(snapshot, State.LIMITED, (Gauge("CPU", "12% of 2", 0.12, (0.1, 0.12), 1),), len(rows), "2s", notice="only /proc")


def line(app: CsyspyApp, y: int) -> str:
    """What stands in line y of the table; 0 is its head."""
    return app.screen_stack[0].query_one(GridView).render_line(y).text


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Let the app work until the condition holds, however slow the machine is."""
    for _ in range(200):
        await pilot.pause()
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("the screen never came to it")


async def shown(pilot: Pilot[int], a_frame: Frame) -> CsyspyApp:
    app = pilot.app
    assert isinstance(app, CsyspyApp)
    app.publish(a_frame)
    await until(pilot, lambda: app.is_mailbox_empty)
    return app


async def test_processes_are_shown_sorted_by_cpu() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(5.0, 80.0, 20.0))
        assert line(app, 0).split() == ["PID", "PPID", "CPU▼", "USER", "TH", "VIRT", "RES", "FILE", "NET", "Command"]
        assert [line(app, y).lstrip("▸ ").split()[0] for y in (1, 2, 3)] == ["2", "3", "1"]
        assert line(app, 1).startswith("▸ ")
        assert "/usr/bin/cmd2 --flag" in line(app, 1)


async def test_the_bars_say_what_is_looked_at_and_how_fresh_it_is() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0, 2.0))
        context = app.screen.query_one(ContextBar).render().plain
        assert "csyspy ▸ Processes ▸ whole machine" in context
        assert "● LIMITED  2s" in context
        assert "2 rows" in app.screen.query_one(FilterBar).render().plain
        assert "only /proc" in app.screen.query_one(FilterBar).render().plain


async def test_p_holds_the_screen_and_lets_it_catch_up() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(5.0, 80.0))
        await pilot.press("p")
        await shown(pilot, frame(90.0, 1.0, seq=2))
        assert line(app, 1).split()[1] == "2"
        assert "Ⅱ PAUSED" in app.screen.query_one(ContextBar).render().plain
        await pilot.press("p")
        assert line(app, 1).split()[1] == "1"
        assert "Ⅱ PAUSED" not in app.screen.query_one(ContextBar).render().plain


async def test_q_leaves_and_stops_the_feed() -> None:
    feed = QuietFeed()
    app = CsyspyApp(feed)
    async with app.run_test() as pilot:
        await pilot.press("q")
    assert feed.stopped
    assert not app.is_running


async def test_the_cursor_stays_with_its_process() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(30.0, 20.0, 10.0))
        await pilot.press("down")
        grid = app.screen.query_one(GridView)
        assert grid.cursor_key == 2
        await shown(pilot, frame(30.0, 1.0, 10.0, seq=2))
        assert grid.cursor_key == 2
        assert line(app, 3).startswith("▸ ")
        await pilot.press("home")
        assert grid.cursor_key == 1


async def test_a_new_process_is_marked_once() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(30.0, 20.0))
        await shown(pilot, frame(30.0, 20.0, 10.0, seq=2))
        assert [line(app, y)[0] for y in (1, 2, 3)] == ["▸", " ", "+"]
        await shown(pilot, frame(30.0, 20.0, 10.0, seq=3))
        assert line(app, 3)[0] == " "


async def test_sorting_by_number_by_picker_and_by_click() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(5.0, 80.0, 20.0))
        await pilot.press("exclamation_mark")
        assert [line(app, y).lstrip("▸ ").split()[0] for y in (1, 2, 3)] == ["3", "2", "1"]
        await pilot.press("exclamation_mark")
        assert [line(app, y).lstrip("▸ ").split()[0] for y in (1, 2, 3)] == ["1", "2", "3"]
        await shown(pilot, frame(6.0, 81.0, 21.0, seq=2))
        assert line(app, 1).lstrip("▸ ").split()[0] == "1"
        await pilot.press("f9")
        assert isinstance(app.screen, SortPicker)
        await pilot.press("down", "down", "enter")
        assert "CPU▼" in line(app, 0)
        await pilot.click(GridView, offset=(6, 0))
        assert "PID▼" in line(app, 0)


async def test_ten_thousand_rows_can_be_walked() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(*(float(10_000 - i) for i in range(10_000))))
        await pilot.press("end")
        grid = app.screen.query_one(GridView)
        assert grid.cursor_key == 10_000
        assert line(app, grid.size.height - 1).split()[1] == "10000"
        await pilot.press("pageup")
        assert grid.cursor_key != 10_000


async def test_a_command_that_is_too_long_says_so() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        many = ("/usr/bin/program " + "word " * 40,) * 100
        app = await shown(pilot, frame(*(1.0 for _ in many), commands=many))
        assert all(line(app, y).rstrip().endswith("…") for y in range(1, 10))


async def test_a_hostile_command_line_stays_in_its_cell() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(1.0, commands=("evil\x1b[31m\r\n[bold]x",)))
        assert "\x1b" not in line(app, 1)
        assert "evil.[31m..[bold]x" in line(app, 1)


async def test_a_screen_too_small_says_how_large_it_has_to_be() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(50, 12)) as pilot:
        await shown(pilot, frame(1.0))
        await until(pilot, lambda: pilot.app.screen.has_class("-too-small"))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not pilot.app.screen.has_class("-too-small"))


@pytest.mark.parametrize("theme", ["csyspy", "ink", "textual-dark", "textual-light", "ansi-dark"])
async def test_every_theme_can_draw_it(theme: str) -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        pilot.app.theme = theme
        app = await shown(pilot, frame(1.0, 99.0))
        assert isinstance(app.screen, TableScreen)
        assert "cmd2" in line(app, 1)


def test_an_unknown_view_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        run(view="nonsense")
    assert "procs" in caught.value.hint


def test_a_live_filter_is_refused_before_the_screen_opens() -> None:
    with pytest.raises(UsageError):
        run(filter_text="proc.name=cat")


def test_a_capture_from_standard_input_is_refused_as_the_keys_come_from_there() -> None:
    with pytest.raises(UsageError):
        run("-")
