"""Views of this machine without a screen: from the kernel's own tables, its events, or through /proc."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from csyspy.capture.live import tier as tiers
from csyspy.capture.live.plan import Plan, in_proc, rows_in_proc
from csyspy.cli.command import Command
from csyspy.cli.refresh import Refresh
from csyspy.errors import LiveError
from csyspy.tui.kernel_plan import kernel_plan
from csyspy.views.demand import asked_of
from csyspy.views.snapshot import Snapshot, Sort, snapshot_of, snapshot_of_columns
from csyspy.views.view import View

DEFAULT_INTERVAL_MS: Final = 2000
FIRST_INTERVAL_S: Final = 0.5
"""The first pass has no rates; the second follows soon."""
A_HAS: Final = "without --tier it comes from the kernel"
Show = Callable[[Refresh], None]
OF_PROC: Final = "procs"
"""The view that /proc answers."""


def follow(command: Command, view: View, sort: Sort | None, shown: Sequence[int], show: Show) -> None:
    """Show the view now and again, until it was shown often enough. Raises LiveError where this machine or this user cannot.

    `shown` are the numbers of the columns that are looked at. The kernel's tables answer where they can, the kernel's events what they
    cannot, and /proc who may ask neither.
    """
    from csyspy.cli.compiled import compiled_filter

    compiled_filter(command.filter)  # what is wrong with it is said here, with its place
    tier = tiers.choose(command.tier)
    asked = asked_of(view.shown_columns(command.container_data), (*shown, *(() if sort is None else (sort.column,))))
    found = kernel_plan(view, command.filter, containers=command.container_data, asked=asked)
    if (tier is tiers.Tier.A and found is None) or (tier is tiers.Tier.B and (found is None or not in_proc(found))):
        _of_events(command, view, sort, show)
        return
    if found is not None and (tier is tiers.Tier.A or (rows_in_proc(found) and view.id != OF_PROC)):
        rows = _of_the_kernel(command, view, sort, found, tier)
    elif view.id == OF_PROC and not command.filter:
        rows = _of_proc(command, view, sort)
    else:
        what = f"this filter on {view.id}" if command.filter else f"the view {view.id}"
        raise tiers.lacking(tiers.Tier.A, tiers.possibilities()) or LiveError(f"tier {tier.value} has nothing for {what}", A_HAS)
    if note := tiers.second_best(tier, command.tier):
        print(f"csyspy: {note}", file=sys.stderr)
    for refresh in rows:
        show(refresh)


class _Beating:
    """A live source that is looked at when a refresh is due, whether or not something happens."""

    def __init__(self, source: Any, interval_s: float, on_beat: Callable[[], bool]) -> None:
        self._source = source
        self._interval_s = interval_s
        self._on_beat = on_beat
        self._due_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self) -> memoryview | None:
        """The next chunk; None once `on_beat` has said that it is enough."""
        now_s = time.monotonic()
        if not self._due_s:
            self._due_s = now_s + self._interval_s
        if now_s >= self._due_s:
            self._due_s = max(self._due_s + self._interval_s, now_s)
            if not self._on_beat():
                return None
        chunk: memoryview | None = self._source.read()
        return chunk


def _of_events(command: Command, view: View, sort: Sort | None, show: Show) -> None:
    from csyspy.capture.walker import open_capture
    from csyspy.cli.live_stream import open_live, report
    from csyspy.cli.text import suppressing
    from csyspy.views.aggregate import ViewAggregation

    aggregation = ViewAggregation(view, suppressing(command), containers=command.container_data)
    most = command.count or (1 if command.once else 0)
    begin_ns, seq = time.time_ns(), 0

    def on_beat() -> bool:
        nonlocal begin_ns, seq
        seq, end_ns = seq + 1, time.time_ns()
        snapshot = aggregation.snapshot(capture.state, end_ns - begin_ns, sort=sort, seq=seq, time_ns=end_ns)
        show(Refresh(snapshot, begin_ns, end_ns))
        aggregation.clear()
        begin_ns = end_ns
        return seq != most

    interval_s = (command.interval_ms or DEFAULT_INTERVAL_MS) / 1000
    source: Any = _Beating(open_live(command, filter_text=aggregation.filter_text, needs=aggregation.sink.needs), interval_s, on_beat)
    capture = open_capture([], aggregation.sink.needs, source)
    capture.state.import_users = not command.exclude_users
    try:
        capture.walker.run([aggregation.sink])
    finally:
        if command.verbose:
            report(source)
        source.close()


def _of_the_kernel(command: Command, view: View, sort: Sort | None, found: Plan, tier: tiers.Tier) -> Iterator[Refresh]:
    from csyspy.capture.live.identities import Identities
    from csyspy.capture.live.rows import KernelTables
    from csyspy.cli.metadata import SETTLE_S, open_metadata
    from csyspy.tui.no_containers import why_not_here

    columns = view.shown_columns(command.container_data)
    metadata = open_metadata(command)
    with contextlib.closing(metadata), KernelTables([found], Identities(metadata), tier) as tables:
        tables.sample()
        tables.answer(found)  # asks for the names of the containers that are there already
        metadata.settle(SETTLE_S)
        begin_ns = tables.time_ns
        for seq in _beats(command):
            tables.sample()
            keys, values = tables.answer(found)
            snapshot = snapshot_of_columns(view, columns, keys, values, sort=sort, seq=seq, time_ns=tables.time_ns)
            yield Refresh(snapshot, begin_ns, tables.time_ns)
            begin_ns = tables.time_ns
            if seq == 1 and not len(snapshot):
                containers, _ = metadata.changed_since(0)
                for line in why_not_here(view, containers, asked_node=metadata.asked_node):
                    print(f"csyspy: {line}", file=sys.stderr)


def _of_proc(command: Command, view: View, sort: Sort | None) -> Iterator[Refresh]:
    from csyspy.capture.procfs import ProcfsSource

    source = ProcfsSource()
    begin_ns = source.sample().time_ns
    for seq in _beats(command):
        sample = source.sample()
        snapshot: Snapshot = snapshot_of(
            view, sample.processes, sort=sort, containers=command.container_data, seq=seq, time_ns=sample.time_ns
        )
        yield Refresh(snapshot, begin_ns, sample.time_ns)
        begin_ns = sample.time_ns


def _beats(command: Command) -> Iterator[int]:
    """1, 2 … whenever a refresh is due; as many as were asked for."""
    interval_s = (command.interval_ms or DEFAULT_INTERVAL_MS) / 1000
    due_s = time.monotonic() + min(interval_s, FIRST_INTERVAL_S)
    most: Any = command.count or (1 if command.once else None)
    seq = 0
    while seq != most:
        time.sleep(max(due_s - time.monotonic(), 0))
        due_s += interval_s
        seq += 1
        yield seq
