"""Moving about in time."""

import time
from itertools import pairwise

import pytest
from screen import frame

from csyspy.tui.frame import Window
from csyspy.tui.moments import Moment, read_moment
from csyspy.tui.time_index import TimeIndex
from csyspy.tui.time_travel import FASTEST, NS_PER_S, SLOWEST, Kept, TimeTravel

START_NS = 1_700_000_000 * NS_PER_S


@pytest.fixture
def index() -> TimeIndex:
    """100 seconds with ten events each."""
    index = TimeIndex()
    for second in range(101):
        index.add(START_NS + second * NS_PER_S, second * 10)
    index.is_complete = True
    return index


def test_stepping_stays_within_the_capture(index: TimeIndex) -> None:
    travel = TimeTravel(index, 2 * NS_PER_S)
    travel.step(-1)
    assert travel.window == Window(index.end_ns - 4 * NS_PER_S, index.end_ns - 2 * NS_PER_S)
    travel.step(-1000)
    assert travel.window == Window(START_NS, START_NS + 2 * NS_PER_S)
    travel.step(1000)
    assert travel.position_ns == index.end_ns + 1


def test_playing_goes_on_without_gaps_and_ends(index: TimeIndex) -> None:
    travel = TimeTravel(index, 2 * NS_PER_S)
    travel.play()
    travel.faster(32)
    ends = []
    while travel.tick(0.5):
        assert travel.window is not None
        ends.append((travel.window.start_ns, travel.window.end_ns))
    assert all(before[1] == now[0] for before, now in pairwise(ends))
    assert not travel.is_playing
    travel.play()
    assert travel.position_ns <= START_NS + 1


def test_speed_has_bounds(index: TimeIndex) -> None:
    travel = TimeTravel(index, NS_PER_S)
    for _ in range(20):
        travel.faster(2)
    assert travel.speed == FASTEST
    for _ in range(20):
        travel.faster(0.5)
    assert travel.speed == SLOWEST


def test_ranges_and_marks(index: TimeIndex) -> None:
    travel = TimeTravel(index, NS_PER_S)
    travel.select(START_NS + 9, START_NS + 5)
    assert travel.window == Window(START_NS + 5, START_NS + 9)
    assert not TimeTravel(index, NS_PER_S).next_mark()
    travel.seek(START_NS + 50 * NS_PER_S)
    travel.mark()
    travel.mark()
    travel.seek(START_NS + 10 * NS_PER_S)
    assert travel.next_mark()
    assert travel.position_ns == START_NS + 50 * NS_PER_S
    assert len(travel.marks) == 1
    travel.whole()
    assert travel.window is None


def test_a_reading_that_is_begun_anew_does_not_spoil_the_index(index: TimeIndex) -> None:
    index.add(START_NS + NS_PER_S, 10)
    assert index.events == 1000
    assert index.events_before(START_NS + 50 * NS_PER_S) == 490
    assert index.time_before(501) == START_NS + 50 * NS_PER_S
    assert index.time_of(501) == START_NS + 51 * NS_PER_S
    assert index.histogram(10) == pytest.approx([100] * 10)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("+3.5", Moment(Moment.Kind.TIME, START_NS + 3_500_000_000)),
        ("+90s", Moment(Moment.Kind.TIME, START_NS + 90 * NS_PER_S)),
        ("#501", Moment(Moment.Kind.TIME, START_NS + 51 * NS_PER_S)),
        ("1,234", Moment(Moment.Kind.LINE, 1234)),
        (" 12 ", Moment(Moment.Kind.LINE, 12)),
        ("nonsense", None),
        ("", None),
    ],
)
def test_moments(index: TimeIndex, text: str, moment: Moment | None) -> None:
    assert read_moment(text, index) == moment


def test_a_time_of_day_is_the_one_in_the_capture(index: TimeIndex) -> None:
    text = time.strftime("%H:%M:%S", time.localtime(START_NS // NS_PER_S + 30)) + ".25"
    assert read_moment(text, index) == Moment(Moment.Kind.TIME, START_NS + 30_250_000_000)


def test_what_was_seen_live_can_be_walked_and_is_bounded() -> None:
    kept = Kept()
    assert kept.walk(-1) is None
    frames = [frame(float(n), seq=n) for n in range(1000)]
    for each in frames:
        kept.add(each)
    assert kept.walk(-1) is frames[-2]
    assert kept.back == 1
    kept.add(frame(5.0, seq=2000))
    assert kept.walk(0) is frames[-2]
    assert kept.walk(-5000) is not frames[0]
    assert kept.newest() is not None
    assert kept.back == 0
    kept.clear()
    assert kept.newest() is None
