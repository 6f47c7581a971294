"""Frames from /proc, every few seconds."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from csyspy.capture.procfs import HostSample, ProcfsSource, Sample
from csyspy.filters.passing import EVERYTHING, Passing
from csyspy.rules.directions import Directions
from csyspy.tui.arrange import arranged
from csyspy.tui.frame import Can, Frame, Gauge, IsCancelled, Publish, Query, State, Window
from csyspy.tui.time_index import TimeIndex
from csyspy.tui.trends import LiveTrends
from csyspy.views.format import short_bytes
from csyspy.views.snapshot import snapshot_of
from csyspy.views.view import View

GAUGE_LENGTH = 240
FIRST_INTERVAL_S = 0.5
"""The first pass over /proc has no rates; the second follows soon."""
LOOK_S = 0.05
"""While it waits for the next sample, how long it takes to notice that another question was asked."""
NOTICE = "seen through /proc only: no network bytes, no system calls, no errors"


class LiveFeed:
    """The processes of this machine; `procfs` is what makes the samples, `notice` says why there is no more to see."""

    can = Can.NOTHING
    directions: Directions = "once"
    lost = 0

    def __init__(self, interval_s: float, *, procfs: ProcfsSource | None = None, notice: str = "") -> None:
        self.source = "live"
        self.index = TimeIndex()
        self._interval_s = interval_s
        self._procfs = procfs or ProcfsSource()
        self._notice = notice or NOTICE
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._seq = 0
        self._gauges = {label: deque[float](maxlen=GAUGE_LENGTH) for label in ("CPU", "MEM", "DISK", "NET")}

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        trends = LiveTrends()
        pause_s = 0.0
        while self.rested(pause_s, is_cancelled):
            with self._lock:
                frame = self.frame(self._procfs.sample(), query, trends)
            publish(frame)
            pause_s = min(FIRST_INTERVAL_S, self._interval_s) if pause_s == 0 else self._interval_s

    def rested(self, pause_s: float, is_cancelled: IsCancelled) -> bool:
        """Wait until the next sample is due; False, and soon, where there is to be none."""
        due_s = time.monotonic() + pause_s
        while not is_cancelled() and not self._closed.wait(max(min(due_s - time.monotonic(), LOOK_S), 0)):
            if time.monotonic() >= due_s:
                return True
        return False

    def walk(
        self,
        sinks: Sequence[Any],
        window: Window | None,
        is_cancelled: IsCancelled,
        on_step: Callable[[Any], None],
        wanted: Passing = EVERYTHING,
    ) -> None:
        """There are no events in /proc."""

    def reach(self, state: Any, window: Window | None) -> float | None:
        """As Feed.reach."""
        return None

    def save(self, path: str, window: Window) -> int:
        return 0

    def close(self) -> None:
        self._closed.set()

    def why_not(self, view: View) -> str:
        return "" if view.id == "procs" else "/proc fills only Processes: the others need events"

    def why_no_filter(self, filter_text: str) -> str:
        return "filters look at events, and /proc has none; a text without an operator finds rows"

    def frame(self, sample: Sample, query: Query, trends: LiveTrends) -> Frame:
        """The frame that shows sample; `trends` remembers it for the next."""
        self._seq += 1
        rows, containers = sample.processes, query.containers
        snapshot = snapshot_of(query.view, rows, sort=query.sort, containers=containers, seq=self._seq, time_ns=sample.time_ns)
        snapshot = trends.of(snapshot)
        return Frame(
            arranged(snapshot, query.sort, query.row_text),
            State.LIMITED,
            self._host_gauges(sample.host),
            total_rows=len(snapshot),
            detail=f"{self._interval_s:g}s",
            notice=self._notice,
            query_seq=query.seq,
        )

    def _host_gauges(self, host: HostSample) -> tuple[Gauge, ...]:
        memory = host.memory_used_bytes / max(host.memory_total_bytes, 1)
        cpu = host.cpu_percent or 0.0
        return (
            self._gauge("CPU", cpu / 100, "—" if host.cpu_percent is None else f"{cpu:.0f}% of {host.cpus}", 1),
            self._gauge("MEM", memory, f"{short_bytes(host.memory_used_bytes)}/{short_bytes(host.memory_total_bytes)}", 1),
            self._gauge("DISK", host.disk_bytes_per_s, _per_second(host.disk_bytes_per_s), None),
            self._gauge("NET", host.net_bytes_per_s, _per_second(host.net_bytes_per_s), None),
        )

    def _gauge(self, label: str, value: float | None, text: str, most: float | None) -> Gauge:
        history = self._gauges[label]
        if value is not None:
            history.append(value)
        level = value if most else None
        return Gauge(label, text, level, tuple(history), most or max(history, default=0) or 1)


def _per_second(count: float | None) -> str:
    return "—" if count is None else f"{short_bytes(count)}/s"
