"""Views without a screen: the rows of a capture, or of this machine, as text, CSV or JSON."""

import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from textwrap import wrap
from typing import Any

from csyspy.cli.command import Command
from csyspy.cli.exits import OK
from csyspy.cli.refresh import Refresh
from csyspy.errors import CaptureError, UsageError
from csyspy.views.registry import all_views, find
from csyspy.views.snapshot import Sort
from csyspy.views.view import SYSCALL, Column, Kind, View

STEP_EVENTS = 16_384
MOST_LISTED = 2_000_000
"""Rows of a list that are kept until they are printed."""
DEFAULT_VIEW = "procs"
NS_PER_MS = 1_000_000
LEAST_INTERVAL_MS = 100
_DIRECTIONS = {"": None, "asc": False, "desc": True}


def run(command: Command) -> int:
    """Print the view that ``command`` asks for, refresh by refresh; the exit code. Raises CsyspyError for what is wrong."""
    from csyspy.cli.view_output import output_for

    _check(command)
    view = find(command.view or DEFAULT_VIEW)
    columns = view.shown_columns(command.container_data)
    sort = _sort(command.sort, columns)
    usual = view.usual_columns(command.container_data, has_tables=not command.files)
    shown = _picked(command.columns, columns) or list(usual)
    output = output_for(command, view, shown, repeated=bool(command.interval_ms) or not (command.files or command.once))
    if view.source != SYSCALL:
        from csyspy.cli.audit_views import follow_audits

        follow_audits(command, view, sort, output.show)
        return OK
    if not command.files:
        from csyspy.cli.live_views import follow  # what it imports is not needed for captures

        follow(command, view, sort, shown, output.show)
        return OK
    for refresh in _of_captures(command, view, sort):
        output.show(refresh)
    return OK


def _check(command: Command) -> None:
    for option, given in (("-w", command.write), ("-c", command.chisels), ("-S", command.summary), ("-q", command.quiet)):
        if given:
            raise UsageError(f"{option} does not go with a view", "leave out -v ID and what shapes views, or the other option")
    if command.interval_ms and command.interval_ms < LEAST_INTERVAL_MS:
        raise UsageError(f"--interval {command.interval_ms} is too short", f"at least {LEAST_INTERVAL_MS} ms")


def list_views(width: int = 0) -> Iterator[str]:
    """``--list-views``: id, name and description of every view. `width`: of the terminal that lines are wrapped for; 0: one line a view."""
    views = all_views()
    widest = max(map(len, views))
    for view in views.values():
        line = f"{view.id:<{widest}}  {view.name}: {view.description}"
        yield from wrap(line, max(width, 2 * widest), subsequent_indent=" " * (widest + 2)) if width else [line]


class _Cutter:
    """Cuts the time of the events into intervals: what came to pass in each waits in `ready`."""

    def __init__(self, aggregation: Any, state: Any, sort: Sort | None, period_ns: int) -> None:
        self.ready: deque[Refresh] = deque()
        self._aggregation = aggregation
        self._state = state
        self._sort = sort
        self._period_ns = period_ns
        self._begin_ns = 0
        self._seq = 0

    def on_period(self, ts_ns: int, delta_ns: int) -> None:
        """An event of a later interval came; it is not in the table yet."""
        self.cut(ts_ns - ts_ns % self._period_ns)
        self._aggregation.clear()

    def cut(self, end_ns: int) -> None:
        """What was collected since the cut before is a refresh."""
        begin_ns = self._begin_ns or self._state.first_event_ts
        self._seq += 1
        span_ns = max(end_ns - begin_ns, 0)
        snapshot = self._aggregation.snapshot(self._state, span_ns, sort=self._sort, seq=self._seq, time_ns=end_ns)
        self.ready.append(Refresh(snapshot, begin_ns, end_ns))
        self._begin_ns = end_ns


def _of_captures(command: Command, view: View, sort: Sort | None) -> Iterator[Refresh]:
    """The refreshes of captures: one for each interval by the events' own time, or one at the end.

    What could be read of a damaged capture is given before CaptureError is raised.
    """
    from csyspy.capture.walker import open_capture
    from csyspy.cli.compiled import compiled_filter
    from csyspy.cli.text import suppressing
    from csyspy.engine.gate import Gate
    from csyspy.engine.groupby import GroupBy
    from csyspy.tui.no_containers import why_not_recorded
    from csyspy.views.aggregate import ViewAggregation

    filter_text = suppressing(command)
    compiled_filter(filter_text)  # what is wrong with it is said here, with its place
    aggregation = ViewAggregation(replace(view, capacity=MOST_LISTED), filter_text, containers=command.container_data)
    capture = open_capture(command.files, aggregation.sink.needs)
    state = capture.state
    state.import_users = not command.exclude_users
    cutter = _Cutter(aggregation, state, sort, command.interval_ms * NS_PER_MS)
    sinks = [aggregation.sink]
    if command.interval_ms:
        clock: Any = GroupBy([], [(None, "count", 1.0)])
        clock.every(command.interval_ms * NS_PER_MS, cutter.on_period)
        sinks.insert(0, clock)
    if command.duration_s:
        sinks = [Gate(sinks, duration_ns=command.duration_s * 1000 * NS_PER_MS)]
    left = command.count or -1
    goes_on = True
    failure: CaptureError | None = None
    with capture.source:
        capture.walker.attach(sinks)
        while goes_on and left:
            try:
                goes_on = capture.walker.step(STEP_EVENTS)
            except CaptureError as error:
                if not state.events:
                    raise
                failure, goes_on = error, False
            if not goes_on:
                cutter.cut(state.evt_ts)
                _warn_of_loss(aggregation)
                if not len(cutter.ready[-1].snapshot) and not command.interval_ms:
                    _explain(why_not_recorded(view, state.containers.values()))
            while cutter.ready and left:
                yield cutter.ready.popleft()
                left -= 1
    if failure is not None:
        raise failure


def _warn_of_loss(aggregation: Any) -> None:
    """Say so where there were more rows than are kept: of a list the oldest go, a table takes no more."""
    lost = aggregation.sink.total - MOST_LISTED if aggregation.view.kind is Kind.LIST else 0
    hint = "a filter or --interval makes less of them"
    if lost > 0:
        print(f"csyspy: warning: the first {lost:,} rows are left out; {hint}", file=sys.stderr)
    refused = getattr(aggregation.sink, "refused", 0)
    if refused:
        print(f"csyspy: warning: {refused:,} events are left out, which would have made still more rows; {hint}", file=sys.stderr)


def _explain(lines: tuple[str, ...]) -> None:
    """Why there are no rows."""
    for line in lines:
        print(f"csyspy: {line}", file=sys.stderr)


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
    """``--columns A,B``: the numbers of the columns to show, in that order; none where nothing is asked for."""
    if not text:
        return []
    return [_column(name.strip(), columns, "--columns") for name in text.split(",")]
