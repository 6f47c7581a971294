"""Captures on the first screen."""

import gzip
from pathlib import Path

import pytest

from csyspy.errors import CaptureError
from csyspy.tui.app import CsyspyApp
from csyspy.tui.frame import Frame, State
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.widgets.context_bar import ContextBar, FilterBar
from csyspy.tui.widgets.grid import GridView
from csyspy.views.catalogue import VIEWS


def frames_of(path: Path, filter_text: str = "") -> list[Frame]:
    frames: list[Frame] = []
    ReplayFeed(VIEWS["procs"], str(path), filter_text).run(frames.append)
    return frames


@pytest.fixture(scope="module")
def demo(root: Path) -> Path:
    return root / "examples" / "demo.scap"


def test_the_last_frame_shows_the_whole_capture(demo: Path) -> None:
    last = frames_of(demo)[-1]
    assert last.state is State.END
    assert len(last.snapshot) > 200
    assert "180,434 events" in last.detail
    assert [gauge.label for gauge in last.gauges] == ["EVENTS", "FILE", "NET", "ERRORS"]
    assert all(gauge.is_whole and max(gauge.history) > 0 for gauge in last.gauges)


def test_a_filter_leaves_what_passes(demo: Path) -> None:
    last = frames_of(demo, "container.name=cpu-burner")[-1]
    assert 0 < len(last.snapshot) < 100


def test_a_cut_capture_is_shown_up_to_the_cut(demo: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.scap"
    cut.write_bytes(gzip.decompress(demo.read_bytes())[:2_000_000])
    last = frames_of(cut)[-1]
    assert last.state is State.PARTIAL
    assert "shown up to there" in last.notice
    assert len(last.snapshot) > 10


def test_what_is_no_capture_fails_with_the_reason(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("hello\n" * 10)
    last = frames_of(other)[-1]
    assert last.state is State.FAILED
    assert last.notice


def test_a_missing_capture_is_refused_before_the_screen_opens(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        ReplayFeed(VIEWS["procs"], str(tmp_path / "none.scap"), "")


def test_stop_ends_the_reading(demo: Path) -> None:
    feed = ReplayFeed(VIEWS["procs"], str(demo), "")
    feed.stop()
    frames: list[Frame] = []
    feed.run(frames.append)
    assert frames == []


async def test_the_screen_reads_a_capture_in_its_own_thread(demo: Path) -> None:
    async with CsyspyApp(ReplayFeed(VIEWS["procs"], str(demo), "proc.name!=nobody")).run_test(size=(120, 40)) as pilot:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "■ END" in pilot.app.screen.query_one(ContextBar).render().plain
        assert "demo.scap ▸ Processes" in pilot.app.screen.query_one(ContextBar).render().plain
        assert "proc.name!=nobody" in pilot.app.screen.query_one(FilterBar).render().plain
        snapshot = pilot.app.screen.query_one(GridView).snapshot
        assert snapshot is not None
        assert len(snapshot) > 200
