"""Live processes from /proc."""

from csyspy.tui.frame import Frame, Query, State
from csyspy.tui.live_feed import LiveFeed
from csyspy.views.catalogue import VIEWS


def test_it_samples_until_it_is_told_to_stop() -> None:
    feed = LiveFeed(0.01)
    frames: list[Frame] = []
    feed.answer(Query(VIEWS["procs"], seq=7), frames.append, lambda: len(frames) >= 2)
    assert [frame.query_seq for frame in frames] == [7, 7]
    assert all(frame.state is State.LIMITED for frame in frames)
    assert len(frames[-1].snapshot) > 1
    assert frames[-1].snapshot.seq > frames[0].snapshot.seq


def test_a_closed_feed_answers_nothing() -> None:
    feed = LiveFeed(5)
    feed.close()
    frames: list[Frame] = []
    feed.answer(Query(VIEWS["procs"]), frames.append, lambda: False)
    assert frames == []


def test_it_says_what_it_cannot_do() -> None:
    feed = LiveFeed(5)
    assert not feed.why_not(VIEWS["procs"])
    assert "need events" in feed.why_not(VIEWS["files"])
    assert "/proc" in feed.why_no_filter("proc.name=x")
