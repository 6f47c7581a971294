"""From events to the rows of a view, as csysdig aggregates them (libs: userspace/libsinsp/table.cpp).

The engine keeps the rows; here stands what it is asked for. Of values that are not added up the first stays (of text, the
first that is not empty), but text under MAX follows the last.
"""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

from csyspy.engine.event_list import EventList
from csyspy.engine.transform import Number
from csyspy.engine.view_table import REQUIRED, ViewTable
from csyspy.events import EVENT_TABLE
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.views.snapshot import Quantiles, Snapshot, Sort, Value, snapshot_of_columns
from csyspy.views.view import Aggregation, Column, Kind, Unit, View

if TYPE_CHECKING:
    from csyspy.engine.state import State
    from csyspy.engine.value import Extractor

NS_PER_S: Final = 1_000_000_000
_OPERATIONS: Final = {
    Aggregation.NONE: "keep",
    Aggregation.SUM: "sum",
    Aggregation.AVG: "avg",
    Aggregation.MIN: "min",
    Aggregation.MAX: "max",
    Aggregation.TIME_AVG: "rate",
    Aggregation.QUANTILES: "quantiles",
}
_WHOLE: Final = frozenset({Unit.COUNT, Unit.BYTES, Unit.ID, Unit.DURATION_NS, Unit.LATENCY_BUCKET})
_TYPES: Final = {int(code): name for code, name in EVENT_TABLE["param_types"].items()}
_FORMATS: Final = {int(code): name for code, name in EVENT_TABLE["print_formats"].items()}
_WITH_ZERO: Final = frozenset(
    {"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL", "RELTIME", "ABSTIME"}
)
_TEXTS: Final = frozenset({"CHARBUF", "FSPATH", "FSRELPATH"})


class ViewAggregation:
    """Collects a view's rows from the events that pass its filter and the user's.

    `filter_text` is everything that holds beside the view's own filter: the user's and that of the selection; the attribute of that name
    has the view's as well. `sink` goes into the walk. Raises FieldError where the filter, or a field, is not one.
    """

    def __init__(self, view: View, filter_text: str = "", *, containers: bool = False) -> None:
        self.view = view
        self.containers = containers
        self.filter_text = " and ".join(f"({text})" for text in (filter_text, view.filter) if text)
        program = compile_filter(self.filter_text).program if self.filter_text else None
        self._columns = view.shown_columns(containers)
        self._is_list = view.kind is Kind.LIST
        self.sink: Any = self._list(program) if self._is_list else self._table(program)
        self.sink.wants_hidden = bool(view.filter) or not self._is_list

    def snapshot(
        self, state: "State", span_ns: int, *, sort: Sort | None = None, seq: int = 0, time_ns: int = 0
    ) -> Snapshot:
        """The rows so far; rates are taken over span_ns. For between two events of state; it may be asked again and again."""
        keys: list[Hashable]
        values: list[list[Value]]
        keys, values = self.sink.table() if self._is_list else self.sink.table(state, span_ns / NS_PER_S)
        for index, column in enumerate(self._columns):
            if column.aggregation is Aggregation.QUANTILES:
                values[index] = [None if found is None else Quantiles._make(found) for found in values[index]]  # type: ignore[arg-type]
        return snapshot_of_columns(self.view, self._columns, keys, values, sort=sort, seq=seq, time_ns=time_ns)

    def clear(self) -> None:
        """Begin anew, as at every refresh of something live."""
        self.sink.clear()

    def _list(self, program: Any) -> EventList:
        return EventList([self._with_default(column) for column in self._columns], program, self.view.capacity)

    def _table(self, program: Any) -> ViewTable:
        used = self.view.used_columns(self.containers)
        key = next(column for column in used if column.is_key)
        group = next((column for column in used if column.is_groupby_key), None)
        columns = []
        for column in self._columns:
            field = _compiled(column)
            operation = _operation(field, column.aggregation, column)
            merged = _operation(field, column.groupby_aggregation, column)
            columns.append((field, self._default(field, column), operation, merged, column.unit in _WHOLE))
        return ViewTable(self._with_default(key), columns, self._with_default(group) if group else None, program)

    def _with_default(self, column: Column) -> tuple["Extractor", Value]:
        field = _compiled(column)
        return field, self._default(field, column)

    def _default(self, field: "Extractor", column: Column) -> Any:
        """What a missing value counts as; REQUIRED where the event does not count then (libs: sinsp_table::get_default_val).

        An id has no zero, so an event without it does not count, but where the column says that it may be unknown (None).
        A number that may be unknown is no zero either.
        """
        kind = _TYPES.get(field.type, "")
        if not self.view.use_defaults:
            return REQUIRED
        if kind in _TEXTS:
            return ""
        if column.may_be_unknown:
            return None
        return 0 if kind == "DOUBLE" or (kind in _WITH_ZERO and _FORMATS.get(field.fmt) == "DEC") else REQUIRED


def _compiled(column: Column) -> "Extractor":
    """The column's extractor; where the field is text and the column a number (evt.arg.backlog), what the text says."""
    field = compile_field(column.field)
    return Number(field) if column.is_number and _TYPES.get(field.type, "") in _TEXTS else field


def _operation(field: "Extractor", aggregation: Aggregation, column: Column) -> str:
    """The engine's word for it: text cannot be added up, under MAX the newest stays."""
    if column.is_number or _TYPES.get(field.type, "") not in _TEXTS:
        return _OPERATIONS[aggregation]
    return "follow" if aggregation is Aggregation.MAX else "keep"
