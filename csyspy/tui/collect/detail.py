"""What a selection did: its busiest fds, its calls, its errors."""

from dataclasses import dataclass
from typing import Any

from csyspy.engine.groupby import GroupBy
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.tui.scope import joined

MOST = 6
MOVES_DATA = "evt.is_io=true or evt.type=sendfile"
"""sendfile moves bytes, but is no I/O to evt.is_io."""


@dataclass(frozen=True, slots=True)
class Detail:
    """(name, how much) each, most first."""

    fds: tuple[tuple[str, int], ...]
    """Bytes read and written."""
    calls: tuple[tuple[str, int], ...]
    errors: tuple[tuple[str, int], ...]


class DetailCollector:
    """Counts the events that pass a filter. Raises FieldError where it is wrong."""

    def __init__(self, filter_text: str) -> None:
        self._fds = _counter("fd.name", "evt.buflen", filter_text, MOVES_DATA)
        self._calls = _counter("evt.type", None, filter_text, "evt.dir=<")
        self._errors = _counter("evt.res", None, filter_text, "evt.failed=true")
        self.sinks = [self._fds, self._calls, self._errors]

    def result(self) -> Detail:
        return Detail(_most(self._fds), _most(self._calls), _most(self._errors))


def _counter(key: str, value: str | None, *filters: str) -> Any:
    column = (None, "count", 1.0) if value is None else (compile_field(value), "sum", 1.0)
    return GroupBy([compile_field(key)], [column], compile_filter(joined(*filters)).program)


def _most(counter: Any) -> tuple[tuple[str, int], ...]:
    rows = [(str(key[0]), int(totals[0])) for key, totals in counter.rows() if key[0] not in (None, "")]
    rows.sort(key=lambda row: -row[1])
    return tuple(row for row in rows if row[1])[:MOST]
