"""The table screen, driven by keys. No feed thread runs here: Pilot waits for the process to fall idle."""

from dataclasses import replace
from pathlib import Path

import pytest
from screen import QuietFeed, frame, line, settled, shown, text_of, until

from csyspy.capture.live import tier
from csyspy.errors import LiveError, UsageError
from csyspy.tui.app import CsyspyApp, run
from csyspy.tui.frame import Frame, IsCancelled, Publish, Query, State
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.screens.picker import Picker
from csyspy.tui.screens.view import ViewScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.grid import GridView
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import snapshot_of, snapshot_of_columns


def first_cells(app: CsyspyApp, *lines: int) -> list[str]:
    return [line(app, y).lstrip("▸+ ").split()[0] for y in lines]


async def test_processes_are_shown_sorted_by_cpu() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(5.0, 80.0, 20.0))
        assert line(app, 0).split() == ["PID", "PPID", "CPU▼", "USER", "TH", "VIRT", "RES", "FILE", "NET", "Command"]
        assert first_cells(app, 1, 2, 3) == ["2", "3", "1"]
        assert line(app, 1).startswith("▸ ")
        assert "/usr/bin/cmd2 --flag" in line(app, 1)


async def test_the_bars_say_what_is_looked_at_and_how_fresh_it_is() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0, 2.0))
        context = app.screen.query_one(ContextBar).render().plain
        assert "csyspy ▸ Processes ▸ whole machine" in context
        assert "● LIMITED  2s" in context
        assert "2 rows" in text_of(app)
        assert "only /proc" in text_of(app)
        assert "F1Help F2Views F4Filter" in text_of(app)
        assert "1/2" in text_of(app).splitlines()[-1]


async def test_p_holds_the_screen_and_lets_it_catch_up() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(5.0, 80.0))
        await pilot.press("p")
        await shown(pilot, frame(90.0, 1.0, seq=2))
        assert first_cells(app, 1) == ["2"]
        assert "Ⅱ PAUSED" in text_of(app)
        await pilot.press("p")
        assert first_cells(app, 1) == ["1"]
        assert "Ⅱ PAUSED" not in text_of(app)


async def test_brackets_walk_back_through_what_was_seen_live() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(5.0, 80.0))
        await shown(pilot, frame(90.0, 1.0, seq=2))
        await pilot.press("left_square_bracket")
        assert first_cells(app, 1) == ["2"]
        assert "Ⅱ PAUSED" in text_of(app)
        assert "1 back" in text_of(app)
        await pilot.press("right_square_bracket")
        assert first_cells(app, 1) == ["1"]


async def test_q_leaves_and_closes_the_feed() -> None:
    feed = QuietFeed()
    app = CsyspyApp(feed)
    async with app.run_test() as pilot:
        await pilot.press("q")
    assert feed.closed
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


async def test_a_cursor_that_was_never_moved_stays_at_the_top() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(30.0, 20.0))
        await shown(pilot, frame(1.0, 20.0, seq=2))
        assert line(app, 1).startswith("▸ ")
        assert first_cells(app, 1) == ["2"]


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
        assert first_cells(app, 1, 2, 3) == ["3", "2", "1"]
        await pilot.press("exclamation_mark")
        assert first_cells(app, 1, 2, 3) == ["1", "2", "3"]
        await shown(pilot, frame(6.0, 81.0, 21.0, seq=2))
        assert first_cells(app, 1) == ["1"]
        await pilot.press("f9")
        assert isinstance(app.screen, Picker)
        await pilot.press(*"CPU", "enter")
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


async def test_right_scrolls_columns_away_and_the_first_stays() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(1.0))
        await pilot.press("right", "right")
        assert line(app, 0).split()[:2] == ["PID", "USER"]
        await pilot.press(*["right"] * 6)
        assert line(app, 0).split() == ["PID", "Command"]
        assert "/cmd1" in line(app, 1)
        await pilot.press(*["left"] * 20)
        assert line(app, 0).split()[1] == "CPU▼"


async def test_t_hangs_processes_below_their_parents() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0, 5.0, 9.0))
        await pilot.press("t")
        assert first_cells(app, 1, 2, 3) == ["1", "2", "3"]
        assert "└─ /usr/bin/cmd2" in line(app, 2)
        assert "   └─ /usr/bin/cmd3" in line(app, 3)
        await shown(pilot, frame(1.0, 5.0, 9.0, seq=2))
        assert first_cells(app, 1, 2, 3) == ["1", "2", "3"]
        await pilot.press("t")
        assert first_cells(app, 1, 2, 3) == ["3", "2", "1"]


async def test_columns_can_be_chosen() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0))
        await pilot.press("C")
        await pilot.press("down", "space")
        assert "▐✓▌ PID " in text_of(app)
        assert "▐ ▌ PPID " in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ViewScreen))
        assert line(app, 0).split()[:2] == ["PID", "CPU▼"]


async def test_chosen_columns_are_those_of_their_view_alone() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0))
        app.view_screen.columns["cpus"] = (0, 99)  # more than the processes that are still on the screen have
        app.view_screen.query_one(GridView).choose_columns(app.view_screen.columns)
        app.view_screen.switch_view("cpus")
        await pilot.pause()
        assert line(app, 0).split()[:2] == ["PID", "PPID"]


async def test_what_is_counted_on_request_is_asked_for_when_it_is_chosen() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(200, 40)) as pilot:
        app = pilot.app
        assert isinstance(app, CsyspyApp)
        app.view_screen.switch_view("containers")
        errors = [column.name for column in app.view_screen.view.shown_columns()].index("ERRORS")
        snapshot = snapshot_of(app.view_screen.view, [{"container.id": "x", "container.name": "web"}])
        await shown(pilot, Frame(snapshot, State.LIVE, query_seq=app.view_screen.query_seq))
        assert "ERRORS" not in line(app, 0)
        assert app.view_screen.present_query().asked == set()
        asked_before = app.view_screen.query_seq
        await pilot.press("C", *["down"] * errors, "space", "enter")
        await until(pilot, lambda: isinstance(app.screen, ViewScreen))
        assert app.view_screen.present_query().asked == {"evt.count.error"}
        assert app.view_screen.query_seq == asked_before + 1


async def test_find_moves_the_cursor_and_hides_nothing() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(*(float(20 - i) for i in range(20))))
        await pilot.press("slash")
        await pilot.press(*"CMD1", "enter")
        grid = app.screen.query_one(GridView)
        assert grid.cursor_key == 1
        await pilot.press("n")
        assert grid.cursor_key == 10
        await pilot.press("N")
        assert grid.cursor_key == 1
        assert grid.line_count == 20


async def test_a_text_hides_rows_that_lack_it() -> None:
    feed = QuietFeed()
    async with CsyspyApp(feed).run_test(size=(120, 40)) as pilot:
        await shown(pilot, frame(1.0, 2.0))
        await pilot.press("f4")
        await pilot.press(*"cmd2", "enter")
        await until(pilot, lambda: len(feed.queries) == 2)
        assert (feed.queries[-1].filter_text, feed.queries[-1].row_text) == ("", "cmd2")


async def test_a_screen_too_small_says_how_large_it_has_to_be() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(50, 12)) as pilot:
        await shown(pilot, frame(1.0))
        await until(pilot, lambda: pilot.app.screen.has_class("-too-small"))
        assert "needs 60x15, is 50x12" in text_of(pilot.app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not pilot.app.screen.has_class("-too-small"))


@pytest.mark.parametrize("theme", ["csyspy", "ink", "contrast", "textual-dark", "textual-light", "ansi-dark"])
async def test_every_theme_can_draw_it(theme: str) -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        pilot.app.theme = theme
        app = await shown(pilot, frame(1.0, 99.0))
        assert isinstance(app.screen, ViewScreen)
        assert "cmd2" in line(app, 1)


async def test_what_the_source_cannot_do_is_said() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0))
        await pilot.press("d")
        assert isinstance(app.screen, ViewScreen)
        assert "it reads /proc" in app.said[-1][1]


async def test_nothing_to_show_says_why_and_what_to_do() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame())
        assert "No rows in Processes" in text_of(app)
        assert "F2 chooses another view" in text_of(app)


async def test_an_answer_to_an_older_question_is_not_shown() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, frame(1.0))
        await shown(pilot, frame(2.0, 3.0, seq=2, query_seq=0, state=State.LIVE))
        assert app.view_screen.query_one(GridView).line_count == 1


def test_an_unknown_view_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        run(view="nonsense")
    assert "procs" in caught.value.hint


def test_a_live_filter_is_refused_where_there_is_only_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier, "lacking", lambda wanted, here: None if wanted is tier.Tier.C else LiveError("live capture needs root"))
    with pytest.raises(UsageError):
        run(filter_text="proc.name=cat")


def test_a_capture_from_standard_input_is_refused_as_the_keys_come_from_there() -> None:
    with pytest.raises(UsageError):
        run("-")


class BrokenFeed(QuietFeed):
    """Falls over when it is asked."""

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        raise ZeroDivisionError("boom")


async def test_a_source_that_falls_over_is_named_and_the_screen_lives_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with CsyspyApp(BrokenFeed()).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app = pilot.app
        assert isinstance(app, CsyspyApp)
        await until(pilot, lambda: "✗ FAILED" in text_of(app))
        assert "ZeroDivisionError: boom" in text_of(app)
        assert "boom" in (tmp_path / "csyspy" / "crash.log").read_text()
        await pilot.press("question_mark")
        assert "Help" in text_of(app)


async def test_a_crash_leaves_one_line_and_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = CsyspyApp(QuietFeed())

    def explode() -> None:
        raise ZeroDivisionError("boom")

    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with app.run_test() as pilot:
            app.call_later(explode)
            await pilot.pause()
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("csyspy: internal error: ZeroDivisionError: boom; the traceback is in ")
    assert "Traceback" not in said
    assert "explode" in (tmp_path / "csyspy" / "crash.log").read_text()


async def test_escape_stops_reading_then_takes_the_filter_away_then_goes_back() -> None:
    feed = QuietFeed()
    async with CsyspyApp(feed, filter_text="evt.type=open").run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, replace(frame(1.0, state=State.LOADING), progress=0.4))
        await pilot.press("escape")
        assert "■ PARTIAL" in text_of(app)
        assert "stopped at 40%" in text_of(app)
        await shown(pilot, frame(2.0, 3.0, state=State.LOADING))
        assert app.view_screen.query_one(GridView).line_count == 1
        await pilot.press("escape")
        await settled(pilot)
        assert feed.queries[-1].filter_text == ""
        app.view_screen.command_drill()
        assert app.view_screen.scope.depth == 1
        await pilot.press("escape")
        await settled(pilot)
        assert app.view_screen.scope.depth == 0


async def test_a_process_that_went_stays_for_one_refresh() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(30.0, 20.0, 10.0))
        await shown(pilot, frame(30.0, seq=2))
        assert [line(app, y)[:9].split() for y in (1, 2, 3)] == [["▸", "1"], ["×", "2"], ["×", "3"]]
        assert "1 row" in text_of(app)
        await shown(pilot, frame(30.0, 20.0, seq=3))
        assert [line(app, y)[0] for y in (1, 2, 3)] == ["▸", "+", " "]


async def test_a_live_list_stays_at_its_newest_line_until_the_cursor_leaves_it() -> None:
    view = VIEWS["spy_users"]
    columns = view.shown_columns()

    def lines(count: int) -> Frame:
        values = [[f"{n}" for n in range(count)] for _ in columns]
        return Frame(snapshot_of_columns(view, columns, range(count), values, seq=count), State.LIVE, query_seq=1)

    async with CsyspyApp(QuietFeed(), "spy_users").run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, lines(50))
        grid = app.view_screen.query_one(GridView)
        assert grid.cursor == 49
        await shown(pilot, lines(60))
        assert (grid.cursor, grid.top + grid.page_lines) == (59, 60)
        await pilot.press("up")
        await shown(pilot, lines(70))
        assert grid.cursor == 58


async def test_the_picker_puts_first_what_is_called_so() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(30.0))
        for typed, view_id in (("errors", "errors"), ("no such view", "errors"), ("kubernetes_pods", "kubernetes_pods")):
            await pilot.press("f2", *typed, "enter", "escape")
            assert app.view_screen.view.id == view_id


async def test_an_answer_that_comes_twice_closes_nothing_else() -> None:
    async with CsyspyApp(QuietFeed()).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, frame(30.0))
        await pilot.press("f9")
        picker = app.screen
        assert isinstance(picker, Picker)
        picker.dismiss(None)
        picker.dismiss(None)
        await pilot.press("question_mark")
        page = app.screen
        assert isinstance(page, CommandScreen)
        page.command_back()
        page.command_back()
        await pilot.pause()
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("view_id", ["dig", "echo", "spectro_all", "alerts"])
async def test_a_view_with_a_screen_of_its_own_is_opened_at_the_start(demo: Path, view_id: str) -> None:
    async with CsyspyApp(ReplayFeed(str(demo)), view_id, "proc.name=nginx").run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await settled(pilot)
        heading = {"dig": "Events", "echo": "I/O activity", "spectro_all": "Spectrogram-All", "alerts": "Alerts"}[view_id]
        assert heading in text_of(pilot.app).splitlines()[0]  # type: ignore[arg-type]
        await pilot.press("escape")
        await until(pilot, lambda: "Processes" in text_of(pilot.app))  # type: ignore[arg-type]
