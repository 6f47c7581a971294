"""Live frames from the kernel's events."""

import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from csyspy.capture.live import tier as tiers
from csyspy.containers.node import NodeMetadata
from csyspy.containers.service import MetadataService
from csyspy.tui.collect.events import EventCollector
from csyspy.tui.frame import Can, Frame, Query, State
from csyspy.tui.stream_feed import StreamFeed
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Quantiles

MARK = "/nowhere/csyspy-stream-feed"
DEADLINE_S = 30
TALK = """
import socket, time
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
accepted, _ = server.accept()
print("{}:{}->{}:{}".format(*client.getsockname(), *client.getpeername()), flush=True)
while True: client.send(b"x"); accepted.recv(1); time.sleep(0.02)
"""


@pytest.fixture
def feed() -> StreamFeed:
    lacking = tiers.lacking(tiers.Tier.A, tiers.possibilities())
    if lacking is not None:
        pytest.skip(f"needs the kernel: {lacking.message}")
    return StreamFeed(0.2, NodeMetadata(MetadataService([])))


@pytest.fixture
def busy() -> object:
    """Somebody who goes on to look for a file that is not there."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            subprocess.run(["cat", MARK], check=False, stderr=subprocess.DEVNULL)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("busy")
def test_events_come_until_they_are_not_wanted_any_more(feed: StreamFeed) -> None:
    assert Can.EVENTS in feed.can
    collector = EventCollector(f'evt.type=openat and evt.dir=< and evt.args contains "{MARK}"', keeps_newest=True)
    end_s = time.monotonic() + DEADLINE_S
    feed.walk(collector.sinks, None, lambda: bool(collector.rows) or time.monotonic() > end_s, lambda state: None)
    assert collector.rows[0].process == "cat"
    assert collector.rows[0].failed
    assert collector.rows[0].fields()["evt.dir"] == "<"


@pytest.mark.usefixtures("busy")
def test_views_that_no_table_fills_are_made_of_events(feed: StreamFeed) -> None:
    frames: list[Frame] = []
    end_s = time.monotonic() + DEADLINE_S

    def seen() -> bool:
        return time.monotonic() > end_s or any("ENOENT" in frame.snapshot.keys for frame in frames)

    feed.answer(Query(VIEWS["errors"], f'evt.type=openat and evt.dir=< and evt.args contains "{MARK}"', seq=4), frames.append, seen)
    assert frames[-1].state is State.LIVE
    assert frames[-1].query_seq == 4
    assert "ENOENT" in frames[-1].snapshot.keys
    assert "ev/s" in frames[-1].detail
    assert not feed.why_not(VIEWS["spy_users"])
    assert not feed.why_no_filter("evt.type=openat")


@pytest.mark.parametrize("after_s", [0, 0.5])
def test_who_closes_it_ends_the_walk(feed: StreamFeed, after_s: float) -> None:
    threading.Timer(after_s, feed.close).start()
    feed.walk(EventCollector("proc.name=nobody-has-this-name").sinks, None, lambda: False, lambda state: None)


def test_times_of_connections_are_counted_on_request(feed: StreamFeed) -> None:
    view = VIEWS["connections"]
    fields = [column.field for column in view.shown_columns()]
    longest: dict[object, object] = {}
    quantiles: dict[object, object] = {}
    end_s = time.monotonic() + DEADLINE_S

    def take(frame: Frame) -> None:
        for found, field in ((longest, "evt.latency"), (quantiles, "evt.latency.io")):
            found.update(zip(frame.snapshot.keys, frame.snapshot.values[fields.index(field)], strict=True))

    with subprocess.Popen([sys.executable, "-c", TALK], stdout=subprocess.PIPE, text=True) as talker:
        assert talker.stdout is not None
        name = talker.stdout.readline().strip()
        query = Query(view, asked=frozenset({"evt.latency", "evt.latency.io"}))
        feed.answer(query, take, lambda: bool(longest.get(name)) or time.monotonic() > end_s)
        talker.kill()
    told = quantiles[name]
    assert isinstance(told, Quantiles)
    assert 0 < told.p50 <= told.p99 <= longest[name]  # type: ignore[operator]


@pytest.mark.usefixtures("busy")
def test_lists_grow_at_their_end(feed: StreamFeed) -> None:
    frames: list[Frame] = []
    end_s = time.monotonic() + DEADLINE_S
    file = [column.field for column in VIEWS["file_opens"].shown_columns()].index("fd.name")

    def is_enough() -> bool:
        return time.monotonic() > end_s or len({len(frame.snapshot) for frame in frames} - {0}) > 1

    feed.answer(Query(VIEWS["file_opens"], f'evt.args contains "{MARK}"'), frames.append, is_enough)
    first, last = next(frame.snapshot for frame in frames if len(frame.snapshot)), frames[-1].snapshot
    assert len(first) < len(last)
    assert last.keys[: len(first)] == first.keys
    assert set(last.values[file]) == {MARK}


def test_slow_calls_stay_until_they_are_forgotten(feed: StreamFeed) -> None:
    frames: list[Frame] = []
    end_s = time.monotonic() + DEADLINE_S
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0) as reader:
        assert reader.stdin is not None
        stdin = reader.stdin
        view = replace(VIEWS["slow_io"], filter=f"evt.type=read and evt.latency>1000000 and proc.pid={reader.pid}")

        def is_enough() -> bool:
            stdin.write(b"x")  # asked often, between events
            time.sleep(0.002)
            return time.monotonic() > end_s or len({len(frame.snapshot) for frame in frames}) > 2

        feed.answer(Query(view), frames.append, is_enough)
        reader.kill()
    counts = [len(frame.snapshot) for frame in frames]
    assert 0 < counts[-1] > counts[0]
    assert counts == sorted(counts)
    assert set(frames[0].snapshot.keys) <= set(frames[-1].snapshot.keys)
