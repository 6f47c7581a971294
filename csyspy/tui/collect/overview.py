"""A capture at a glance: how much of what happened, and when."""

from dataclasses import dataclass
from typing import Any

from csyspy.engine.groupby import GroupBy
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.tui.scope import joined
from csyspy.views.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Topic:
    """One tile."""

    title: str
    filter: str
    view_id: str
    """What it opens."""
    bytes_field: str = ""
    """The field whose sum it shows; empty: how many events pass."""


TOPICS = (
    Topic("Processes started", "evt.type in (execve, execveat) and evt.dir=<", "spy_users"),
    Topic("Events", "evt.type!=switch", "procs"),
    Topic("Events in containers", "container.id != host", "containers"),
    Topic("Network bytes", "fd.type in (ipv4, ipv6)", "connections", "evt.buflen.net"),
    Topic("New connections", "evt.type in (accept, accept4) and evt.dir=< and evt.failed=false", "incoming_connections"),
    Topic("Connections made", "evt.type=connect and evt.dir=<", "connections"),
    Topic("Listening ports", "evt.type in (bind, listen) and evt.dir=<", "port_bindings"),
    Topic("File bytes", "fd.type=file", "files", "evt.buflen.file"),
    Topic("Files opened", "evt.type in (open, openat, openat2, creat, open_by_handle_at) and evt.dir=<", "file_opens"),
    Topic("Slow file I/O", "evt.is_io=true and fd.type=file and evt.latency>1000000", "slow_io"),
    Topic("Failed calls", "evt.failed=true", "errors"),
    Topic("System calls", "syscall.type exists", "syscalls"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """What a topic came to."""

    topic: Topic
    total: int
    rates: tuple[float, ...]


class OverviewCollector:
    """Sums every topic over the events that pass a filter; `note(state)` between two events lets it see time pass."""

    is_full = False

    def __init__(self, filter_text: str) -> None:
        self.sinks: list[Any] = [_counter(topic, filter_text) for topic in TOPICS]
        self._timelines = [Timeline() for _ in TOPICS]

    def note(self, state: Any) -> None:
        if not state.evt_ts:  # nothing has happened yet
            return
        for sink, timeline in zip(self.sinks, self._timelines, strict=True):
            rows = sink.rows()
            timeline.begin(state.first_event_ts)
            timeline.add(state.evt_ts, rows[0][1][0] if rows else 0.0)

    def tiles(self) -> tuple[Tile, ...]:
        return tuple(
            Tile(topic, int(timeline.total), timeline.rates()) for topic, timeline in zip(TOPICS, self._timelines, strict=True)
        )


def _counter(topic: Topic, filter_text: str) -> Any:
    column = (compile_field(topic.bytes_field), "sum", 1.0) if topic.bytes_field else (None, "count", 1.0)
    return GroupBy([], [column], compile_filter(joined(filter_text, topic.filter)).program)
