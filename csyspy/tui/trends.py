"""How each row's sorting column went of late, or over a capture: what the trend beside it is drawn from."""

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from csyspy.views.aggregate import ViewAggregation
from csyspy.views.snapshot import Snapshot, Value
from csyspy.views.view import Kind, View

TREND_LENGTH = 30
MOST_ROWS = 3000
"""A table with more rows than this gets no trends from a capture: nobody looks at so many."""


class LiveTrends:
    """The last values of rows that come again and again; what has gone is forgotten."""

    def __init__(self) -> None:
        self._values: dict[Hashable, deque[float]] = {}

    def add(self, keys: Sequence[Hashable], values: Sequence[Value]) -> Mapping[Hashable, tuple[float, ...]]:
        """These are the newest values; all that are known of the same rows, oldest first."""
        kept: dict[Hashable, deque[float]] = {}
        for key, value in zip(keys, values, strict=True):
            if isinstance(value, int | float):
                trend = kept[key] = self._values.get(key) or deque(maxlen=TREND_LENGTH)
                trend.append(value)
        self._values = kept
        return {key: tuple(trend) for key, trend in kept.items()}

    def of(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the trends of its rows, where one of its columns is the sorting one."""
        sorting = sorting_column(snapshot)
        return snapshot if sorting is None else replace(snapshot, trends=self.add(snapshot.keys, snapshot.values[sorting]))


class CaptureTrends:
    """A view's table in TREND_LENGTH equal parts of a time, as if it had been watched live with that interval.

    `sink` goes into a walk of that time, `look(state)` is called between its steps. Raises FieldError."""

    def __init__(self, view: View, filter_text: str, containers: bool, start_ns: int, end_ns: int) -> None:
        wanted = tuple(column for column in view.columns if column.is_sorting or not column.shown)
        self._aggregation = ViewAggregation(replace(view, columns=wanted), filter_text, containers=containers)
        self.sink: Any = self._aggregation.sink
        self._start_ns, self._part_ns = start_ns, max((end_ns - start_ns) // TREND_LENGTH, 1)
        self._part = 0
        self._values: dict[Hashable, list[float]] = {}

    def look(self, state: Any) -> None:
        """Let it see time pass."""
        part = min((state.evt_ts - self._start_ns) // self._part_ns, TREND_LENGTH - 1)
        if part > self._part:
            self._end_part(state)
            self._part = part

    def trends(self, state: Any) -> Mapping[Hashable, tuple[float, ...]]:
        """What came of it, at the end of the walk."""
        self._end_part(state)
        return {key: tuple(values) for key, values in self._values.items()}

    def _end_part(self, state: Any) -> None:
        snapshot = self._aggregation.snapshot(state, self._part_ns)
        self._aggregation.clear()
        for key, value in zip(snapshot.keys, snapshot.values[0], strict=True):
            if isinstance(value, int | float):
                self._values.setdefault(key, [0.0] * TREND_LENGTH)[self._part] = value


def sorting_column(snapshot: Snapshot) -> int | None:
    """Number of the column that the trend belongs to; None where there is none, or it holds text."""
    if snapshot.view.rows_are_events:
        return None
    return next((i for i, column in enumerate(snapshot.columns) if column.is_sorting and column.is_number), None)


def has_trends(snapshot: Snapshot) -> bool:
    """Whether it is worth the walk that trends of a capture take."""
    return snapshot.view.kind is Kind.TABLE and 0 < len(snapshot) <= MOST_ROWS and sorting_column(snapshot) is not None
