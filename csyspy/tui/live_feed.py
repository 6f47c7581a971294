"""Frames from /proc, every few seconds."""

import threading
from collections import deque
from collections.abc import Callable, Hashable

from csyspy.capture.procfs import HostSample, ProcfsSource, Sample
from csyspy.tui.frame import Frame, Gauge, State
from csyspy.views.format import short_bytes
from csyspy.views.snapshot import snapshot_of
from csyspy.views.view import View

TREND_LENGTH = 30
GAUGE_LENGTH = 240
FIRST_INTERVAL_S = 0.5
"""The first pass over /proc has no rates; the second follows soon."""
NOTICE = "seen through /proc only: no network bytes, no system calls, no errors"


class LiveFeed:
    """The processes of this machine; `source` is what makes the samples."""

    def __init__(self, view: View, interval_s: float, *, containers: bool = False, source: ProcfsSource | None = None) -> None:
        self.source = "live"
        self.filter_text = ""
        self._view = view
        self._interval_s = interval_s
        self._containers = containers
        self._procfs = source or ProcfsSource()
        self._stop = threading.Event()
        self._seq = 0
        self._trends: dict[Hashable, deque[float]] = {}
        self._gauges = {label: deque[float](maxlen=GAUGE_LENGTH) for label in ("CPU", "MEM", "DISK", "NET")}

    def run(self, publish: Callable[[Frame], None]) -> None:
        publish(self.frame(self._procfs.sample()))
        pause_s = min(FIRST_INTERVAL_S, self._interval_s)
        while not self._stop.wait(pause_s):
            publish(self.frame(self._procfs.sample()))
            pause_s = self._interval_s

    def stop(self) -> None:
        self._stop.set()

    def frame(self, sample: Sample) -> Frame:
        """The frame that shows sample; the feed remembers it for the trends of the next."""
        self._seq += 1
        trends: dict[Hashable, deque[float]] = {}
        for row in sample.processes:
            cpu = row.get("thread.cpu")
            if isinstance(cpu, float):
                trend = trends[row["proc.pid"]] = self._trends.get(row["proc.pid"]) or deque(maxlen=TREND_LENGTH)
                trend.append(cpu)
        self._trends = trends
        snapshot = snapshot_of(
            self._view,
            sample.processes,
            containers=self._containers,
            seq=self._seq,
            time_ns=sample.time_ns,
            trends={key: tuple(values) for key, values in trends.items()},
        )
        return Frame(
            snapshot,
            State.LIMITED,
            self._host_gauges(sample.host),
            total_rows=len(snapshot),
            detail=f"{self._interval_s:g}s",
            notice=NOTICE,
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
