"""Views without a screen: the rows of a capture, or of this machine, as text, CSV or JSON."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from csyspy.cli.command import Command
from csyspy.cli.exits import OK
from csyspy.errors import CaptureError, LiveError, UsageError
from csyspy.views.registry import all_views, find
from csyspy.views.snapshot import Snapshot, Sort, snapshot_of
from csyspy.views.view import Column, View

STEP_EVENTS = 16_384
MOST_LISTED = 2_000_000
"""Rows of a list that are kept until they are printed."""
DEFAULT_VIEW = "procs"
DEFAULT_INTERVAL_MS = 2000
FIRST_INTERVAL_S = 0.5
"""The first pass over /proc has no rates; the second follows soon."""
_DIRECTIONS = {"": None, "asc": False, "desc": True}


class Refresh(NamedTuple):
    """The rows of one interval of time; of a whole capture where no interval was asked for."""

    snapshot: Snapshot
    begin_ns: int
    end_ns: int


def run(command: Command) -> int:
    """Print the view that ``command`` asks for, refresh by refresh; the exit code. Raises CsyspyError for what is wrong."""
    from csyspy.cli.view_output import output_for

    view = find(command.view or DEFAULT_VIEW)
    columns = view.shown_columns(command.container_data)
    sort = _sort(command.sort, columns)
    shown = _picked(command.columns, columns)
    output = output_for(command, view, shown, repeated=bool(command.interval_ms) or not (command.files or command.once))
    refreshes = _of_captures(command, view, sort) if command.files else _of_this_machine(command, view, sort)
    for refresh in refreshes:
        output.show(refresh)
    return OK


def list_views() -> Iterator[str]:
    """``--list-views``: id, name and description of every view."""
    views = all_views()
    widest = max(map(len, views))
    for view in views.values():
        yield f"{view.id:<{widest}}  {view.name}: {view.description}"


def _of_captures(command: Command, view: View, sort: Sort | None) -> Iterator[Refresh]:
    """The refreshes of captures: one for each interval by the events' own time, or one at the end.

    What could be read of a damaged capture is given before CaptureError is raised.
    """
    from csyspy.capture.walker import open_capture
    from csyspy.cli.compiled import compiled_filter
    from csyspy.cli.text import suppressing
    from csyspy.engine.groupby import GroupBy
    from csyspy.views.aggregate import ViewAggregation

    filter_text = suppressing(command)
    compiled_filter(filter_text)  # what is wrong with it is said here, with its place
    aggregation = ViewAggregation(replace(view, capacity=MOST_LISTED), filter_text, containers=command.container_data)
    clock: Any = GroupBy([], [(None, "count", 1.0)])
    sinks = [clock, aggregation.sink] if command.interval_ms else [aggregation.sink]
    capture = open_capture(command.files, aggregation.sink.needs)
    capture.state.import_users = not command.exclude_users
    state, ready = capture.state, deque[Refresh]()
    begin_ns = seq = 0

    def cut(end_ns: int) -> None:
        nonlocal begin_ns, seq
        seq += 1
        begin_ns = begin_ns or state.first_event_ts
        span_ns = max(end_ns - begin_ns, 0)
        ready.append(Refresh(aggregation.snapshot(state, span_ns, sort=sort, seq=seq, time_ns=end_ns), begin_ns, end_ns))
        begin_ns = end_ns

    def on_period(ts_ns: int, delta_ns: int) -> None:
        cut(ts_ns - ts_ns % period_ns)
        aggregation.clear()

    period_ns = command.interval_ms * 1_000_000
    if period_ns:
        clock.every(period_ns, on_period)
    failure: CaptureError | None = None
    left = command.count or -1
    more = True
    with capture.source:
        capture.walker.attach(sinks)
        while more and left:
            try:
                more = capture.walker.step(STEP_EVENTS)
            except CaptureError as error:
                failure, more = error, False
                if not state.events:
                    raise
            if not more:
                cut(state.evt_ts)
                _warn_of_loss(aggregation)
            while ready and left:
                yield ready.popleft()
                left -= 1
    if failure is not None:
        raise failure


def _warn_of_loss(aggregation: Any) -> None:
    """Say so where a list had more rows than are kept."""
    lost = getattr(aggregation.sink, "total", 0) - MOST_LISTED
    if lost > 0:
        print(f"csyspy: warning: the first {lost:,} rows are left out; a filter or --interval makes less of them", file=sys.stderr)


def _of_this_machine(command: Command, view: View, sort: Sort | None) -> Iterator[Refresh]:
    """The refreshes of what runs here, seen through /proc."""
    from csyspy.capture.procfs import ProcfsSource

    if view.id != DEFAULT_VIEW:
        hint = f"/proc answers the view {DEFAULT_VIEW} only; read a capture with -r"
        raise LiveError(f"the view {view.id} needs system calls, and live capture is not part of this version", hint)
    if command.filter:
        raise LiveError("a filter needs events, and live capture is not part of this version", "read a capture with -r")
    source = ProcfsSource()
    begin_ns = source.sample().time_ns
    interval_s = (command.interval_ms or DEFAULT_INTERVAL_MS) / 1000
    pause_s = min(interval_s, FIRST_INTERVAL_S)
    left = command.count or (1 if command.once else -1)
    seq = 0
    while left:
        time.sleep(pause_s)
        sample = source.sample()
        seq += 1
        snapshot = snapshot_of(
            view, sample.processes, sort=sort, containers=command.container_data, seq=seq, time_ns=sample.time_ns
        )
        yield Refresh(snapshot, begin_ns, sample.time_ns)
        begin_ns, pause_s = sample.time_ns, interval_s
        left -= 1


def _column(name: str, columns: tuple[Column, ...], option: str) -> int:
    """The number of a shown column: by its name, its field, or its place from 1 up. Raises UsageError."""
    if name.isascii() and name.isdigit() and 1 <= int(name) <= len(columns):
        return int(name) - 1
    for index, column in enumerate(columns):
        if name.lower() in (column.name.lower(), column.field):
            return index
    raise UsageError(f"{option}: no column {name!r}", f"the view has {', '.join(column.name for column in columns)}")


def _sort(text: str, columns: tuple[Column, ...]) -> Sort | None:
    """``--sort COLUMN[:asc|:desc]``; None: as the view has it."""
    if not text:
        return None
    name, _, direction = text.rpartition(":") if text.endswith((":asc", ":desc")) else (text, "", "")
    index = _column(name, columns, "--sort")
    descending = _DIRECTIONS[direction]
    return Sort(index, columns[index].is_number if descending is None else descending)


def _picked(text: str, columns: tuple[Column, ...]) -> list[int]:
    """``--columns A,B``: the numbers of the columns to show, in that order; all where nothing is asked for."""
    if not text:
        return list(range(len(columns)))
    return [_column(name.strip(), columns, "--columns") for name in text.split(",")]
