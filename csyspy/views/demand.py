"""What a view asks of a source that gives rows instead of events: which fields, and what becomes of several values."""

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from csyspy.filters.on_rows import Conjunct, conjuncts
from csyspy.views.view import SYSCALL, Aggregation, Column, Kind, View

_OPERATIONS = {
    Aggregation.NONE: "keep",
    Aggregation.SUM: "sum",
    Aggregation.TIME_AVG: "sum",
    Aggregation.AVG: "avg",
    Aggregation.MIN: "min",
    Aggregation.MAX: "max",
    Aggregation.QUANTILES: "quantiles",
}


class Value(NamedTuple):
    """One column."""

    field: str
    operation: str
    """What becomes of several values of one row: `keep` (the first), `sum`, `avg`, `min`, `max` or `quantiles`."""
    per_second: bool
    is_counted: bool = True
    """False: the column is there, but nobody has asked for what it costs to count it."""


class Demand(NamedTuple):
    """The rows of a view as a question."""

    key: str
    """The field that names a row."""
    values: tuple[Value, ...]
    """As the shown columns."""
    conditions: tuple[Conjunct, ...]
    """Of the view's filter and of the user's: all have to hold."""


def demand_of(view: View, filter_text: str = "", *, containers: bool = False, asked: Container[str] = ()) -> Demand | None:
    """What the view asks for; None where its rows are events, or times. Raises FilterError where the filter is none.

    `asked`: fields of columns that are counted on request."""
    key = view.row_key(containers)
    if view.kind is not Kind.TABLE or view.source != SYSCALL or key is None:
        return None
    grouped = any(column.is_groupby_key for column in view.used_columns(containers))
    values = tuple(_value(column, grouped, asked) for column in view.shown_columns(containers))
    return Demand(key.field, values, tuple(part for text in (view.filter, filter_text) for part in conjuncts(text)))


def asked_of(columns: Sequence[Column], chosen: Iterable[int]) -> frozenset[str]:
    """Fields of the columns on request among those of the ``chosen`` numbers; a number that no column has is none."""
    wanted = frozenset(chosen)
    return frozenset(column.field for index, column in enumerate(columns) if column.on_request and index in wanted)


def _value(column: Column, grouped: bool, asked: Container[str]) -> Value:
    """Rows come one per thread: where the view groups, what counts is how threads add up."""
    if not column.is_number:
        return Value(column.field, "keep", False)
    aggregation = column.groupby_aggregation if grouped else column.aggregation
    per_second = Aggregation.TIME_AVG in (column.aggregation, column.groupby_aggregation)
    return Value(column.field, _OPERATIONS[aggregation], per_second, not column.on_request or column.field in asked)
