"""From events to the rows of a view, as csysdig aggregates them (libs: userspace/libsinsp/table.cpp).

The engine keeps one row per key; here the rows of one group-by key become one, and sums become rates. Of values that are not
added up the first stays (of text, the first that is not empty), but text under MAX follows the last.
"""

import math
from typing import Any

from csyspy.engine.view_table import ViewTable
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.views.snapshot import Value
from csyspy.views.view import Aggregation, Column, Unit, View

NS_PER_S = 1_000_000_000
_SUMS = {Aggregation.SUM: "sum", Aggregation.TIME_AVG: "sum", Aggregation.AVG: "sum", Aggregation.MIN: "min", Aggregation.MAX: "max"}


class ViewAggregation:
    """Collects a view's rows from the events that pass its filter and the user's.

    `sink` goes into the walk. Raises FieldError where the filter, or a field, is not one.
    """

    def __init__(self, view: View, filter_text: str = "") -> None:
        self.view = view
        columns = [column for column in view.columns if not (column.is_key or column.field == view.key.field)]
        self._totals = [column for column in columns if column.is_number and column.aggregation is not Aggregation.NONE]
        self._texts = [column for column in columns if not column.is_number]
        self._firsts = [column for column in columns if column.is_number and column not in self._totals]
        key = next(column for column in view.columns if column.is_key)
        both = " and ".join(f"({text})" for text in (filter_text, view.filter) if text)
        self.sink = ViewTable(
            compile_field(key.field),
            [compile_field(view.key.field)],
            [compile_field(column.field) for column in self._firsts],
            [(compile_field(column.field), column.aggregation is Aggregation.MAX) for column in self._texts],
            [total for column in self._totals for total in _engine_columns(column)],
            compile_filter(both).program if both else None,
        )

    def rows(self, state: Any, span_ns: int) -> list[dict[str, Value]]:
        """The rows so far, one per group, field name -> value; rates are taken over span_ns. For between two events of state."""
        self.sink.add_threads(state)
        groups: dict[object, list[dict[str, Value]]] = {}
        for key, firsts, texts, totals in self.sink.rows():
            row = self._row(firsts, texts, totals, span_ns)
            rows = groups.setdefault(row[self.view.key.field], [])
            if key == row[self.view.key.field]:
                rows.insert(0, row)  # the leader speaks for its threads where only one value can stay
            else:
                rows.append(row)
        return [self._merged(rows) for rows in groups.values()]

    def _row(self, firsts: tuple[Value, ...], texts: tuple[str | None, ...], totals: tuple[float, ...], span_ns: int) -> dict[str, Value]:
        row: dict[str, Value] = {self.view.key.field: firsts[0]}
        for column, value in zip(self._firsts, firsts[1:], strict=True):
            row[column.field] = self._known(value, column)
        for column, text in zip(self._texts, texts, strict=True):
            row[column.field] = self._known(text, column)
        left = iter(totals)
        for column in self._totals:
            total = next(left)
            if column.aggregation is Aggregation.AVG:
                count = next(left)
                row[column.field] = self._known(total / count if count else None, column)
            elif column.aggregation is Aggregation.TIME_AVG:
                row[column.field] = total * NS_PER_S / span_ns if span_ns > 0 else 0.0
            else:
                row[column.field] = self._known(None if math.isnan(total) else total, column)
        return row

    def _known(self, value: Value, column: Column) -> Value:
        if value is None and self.view.use_defaults:
            return 0 if column.is_number else ""
        return int(value) if isinstance(value, float) and column.unit in (Unit.COUNT, Unit.BYTES, Unit.ID) else value

    def _merged(self, rows: list[dict[str, Value]]) -> dict[str, Value]:
        """One row of several that share the group-by key."""
        merged = rows[0]
        for column in self._totals if len(rows) > 1 else ():
            values = [value for row in rows if isinstance(value := row[column.field], int | float)]
            if values:
                merged[column.field] = _combined(values, column.groupby_aggregation)
        return merged


def _combined(values: list[int | float], aggregation: Aggregation) -> int | float:
    match aggregation:
        case Aggregation.SUM | Aggregation.TIME_AVG:
            return sum(values)
        case Aggregation.MIN:
            return min(values)
        case Aggregation.MAX:
            return max(values)
        case Aggregation.AVG:
            return sum(values) / len(values)
        case _:
            return values[0]


def _engine_columns(column: Column) -> list[tuple[Any, str, float]]:
    """The engine's totals behind a column: an average is a sum and how many values it has."""
    extractor = compile_field(column.field)
    columns = [(extractor, _SUMS[column.aggregation], 1.0)]
    if column.aggregation is Aggregation.AVG:
        columns.append((extractor, "count", 1.0))
    return columns
