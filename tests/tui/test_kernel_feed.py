"""Live frames from the kernel's tables."""

import os
import threading
from collections.abc import Iterator

import pytest

from csyspy.capture.live import tier as tiers
from csyspy.containers.node import NodeMetadata
from csyspy.containers.service import MetadataService
from csyspy.tui.frame import Frame, Query, State
from csyspy.tui.kernel_feed import KernelFeed
from csyspy.tui.kernel_plan import kernel_plan
from csyspy.views.catalogue import VIEWS
from csyspy.views.demand import asked_of

FILLED = "page_faults"
OWN = os.getpid()


@pytest.fixture
def feed() -> KernelFeed:
    lacking = tiers.lacking(tiers.Tier.A, tiers.possibilities())
    if lacking is not None:
        pytest.skip(f"needs the kernel: {lacking.message}")
    return KernelFeed(0.05, NodeMetadata(MetadataService([])))


def frames_of(feed: KernelFeed, query: Query, count: int = 2) -> list[Frame]:
    frames: list[Frame] = []
    feed.answer(query, frames.append, lambda: len(frames) >= count)
    return frames


def test_tables_fill_what_they_can_and_events_the_rest() -> None:
    assert kernel_plan(VIEWS[FILLED]) is not None
    assert kernel_plan(VIEWS[FILLED], "proc.name=init") is not None
    assert kernel_plan(VIEWS[FILLED], "evt.type=openat") is None
    assert kernel_plan(VIEWS["spy_users"]) is None


def test_errors_of_containers_are_hooked_on_request() -> None:
    plain, asked = (kernel_plan(VIEWS["containers"], asked=fields) for fields in ((), {"evt.count.error"}))
    assert plain is not None
    assert asked is not None
    assert set(asked.probes) - set(plain.probes) == {"failures"}


def test_views_that_the_tables_fill_stream_nothing_for_their_usual_columns() -> None:
    filled = {name: found for name, view in VIEWS.items() if (found := kernel_plan(view))}
    assert filled.keys() >= {"procs", "containers", "connections", "syscalls", "syscall_procs", "files", "io_by_type", "errors", "cpus"}
    for name, usual in filled.items():
        view = VIEWS[name]
        found = kernel_plan(view, asked=asked_of(view.shown_columns(False), view.usual_columns(False)))
        assert found is not None, name
        assert found.probes == usual.probes


def test_times_of_connections_need_events_and_come_on_request() -> None:
    view = VIEWS["connections"]
    assert kernel_plan(view) is not None
    assert kernel_plan(view, asked={"evt.latency"}) is None


def test_frames_are_live(feed: KernelFeed) -> None:
    first, second = frames_of(feed, Query(VIEWS[FILLED], seq=3))
    assert first.state is second.state is State.LIVE
    assert OWN in second.snapshot.keys
    assert second.snapshot.seq > first.snapshot.seq
    assert second.query_seq == 3
    assert len(second.snapshot.trends[OWN]) == 2


def test_a_filter_is_applied_to_rows(feed: KernelFeed) -> None:
    (frame,) = frames_of(feed, Query(VIEWS[FILLED], f"proc.pid={OWN}"), 1)
    assert frame.snapshot.keys == (OWN,)
    assert not feed.why_no_filter("proc.pid=1")
    assert "events" in feed.why_no_filter("evt.type=openat")


def test_it_says_what_needs_events(feed: KernelFeed) -> None:
    assert not feed.why_not(VIEWS[FILLED])
    assert not feed.why_not(VIEWS["procs"])
    assert "events" in feed.why_not(VIEWS["spy_users"])


class Hanging:
    """A runtime that never answers."""

    name, socket = "docker", "/hanging.sock"

    def __init__(self) -> None:
        self.asked, self.over = threading.Event(), threading.Event()

    def lookup(self, container_id: str) -> None:
        self.asked.set()
        self.over.wait()

    def version(self) -> str:
        self.over.wait()
        return ""

    def starts(self) -> Iterator[str]:
        self.over.wait()
        yield from ()

    def close(self) -> None:
        self.over.set()


@pytest.mark.usefixtures("feed")
def test_frames_come_while_a_runtime_hangs() -> None:
    hanging = Hanging()
    metadata = NodeMetadata(MetadataService([hanging], workers=1))
    metadata.want("c0ffee" + "1" * 58)
    assert hanging.asked.wait(60)
    feed = KernelFeed(0.05, metadata)
    assert [frame.state for frame in frames_of(feed, Query(VIEWS["containers"]), 3)] == [State.LIVE] * 3
    assert not hanging.over.is_set()
    feed.close()
