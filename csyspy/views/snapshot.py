"""What a screen paints: one immutable table of values, made off the screen's thread and never changed after."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from csyspy.views.view import Column, Kind, View


class Quantiles(NamedTuple):
    """Of many numbers; in an order that sorts rows by their worst."""

    p99: int
    """The smallest that 99 of 100 are not above."""
    p50: int
    """The smallest that half of them are not above."""


Value = int | float | str | bytes | Quantiles | None
"""A cell. None: not known, which is not the same as zero; bytes: raw data."""


@dataclass(frozen=True, slots=True)
class Sort:
    """By which shown column rows are ordered."""

    column: int
    descending: bool

    @staticmethod
    def of(columns: tuple[Column, ...]) -> "Sort":
        """csysdig's start: the sorting column, else the first; numbers descending, text ascending."""
        index = next((i for i, column in enumerate(columns) if column.is_sorting), 0)
        return Sort(index, columns[index].is_number)

    def by(self, column: int, columns: tuple[Column, ...]) -> "Sort":
        """The order after the user picked column: the same one again turns it round."""
        if column == self.column:
            return Sort(column, not self.descending)
        return Sort(column, columns[column].is_number)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows of a view at one moment, column by column."""

    view: View
    columns: tuple[Column, ...]
    """The shown ones."""
    keys: tuple[Hashable, ...]
    """Names each row across snapshots; distinct."""
    values: tuple[tuple[Value, ...], ...]
    """values[column][row], as long as columns; each inner tuple as long as keys."""
    order: tuple[int, ...]
    """Row numbers in the order they are shown."""
    sort: Sort
    seq: int = 0
    """Grows with every snapshot of a source."""
    time_ns: int = 0
    """Since the epoch: now when live, the last event read of a capture; 0 where there is none."""
    trends: Mapping[Hashable, tuple[float, ...]] = field(default_factory=dict)
    """Key -> the sorting column's recent values, oldest first, where the source keeps them."""

    def sorted_by(self, sort: Sort) -> "Snapshot":
        """The same rows in another order."""
        return replace(self, order=sorted_order(self.values[sort.column], self.keys, sort), sort=sort)

    def __len__(self) -> int:
        return len(self.keys)


def sorted_order(cells: tuple[Value, ...], keys: tuple[Hashable, ...], sort: Sort) -> tuple[int, ...]:
    """Row numbers ordered by cells; unknown cells come last either way, equal ones keep the order of their rows."""
    if None not in cells:
        return tuple(sorted(range(len(keys)), key=cells.__getitem__, reverse=sort.descending))  # type: ignore[arg-type]
    known = [row for row, cell in enumerate(cells) if cell is not None]
    known.sort(key=lambda row: cells[row], reverse=sort.descending)  # type: ignore[arg-type,return-value]
    return (*known, *(row for row, cell in enumerate(cells) if cell is None))


def snapshot_of(
    view: View,
    rows: Iterable[Mapping[str, Value]],
    *,
    sort: Sort | None = None,
    containers: bool = False,
    seq: int = 0,
    time_ns: int = 0,
    trends: Mapping[Hashable, tuple[float, ...]] | None = None,
) -> Snapshot:
    """A snapshot of rows that a source has already brought down to one per key: each maps field names to values.

    A field a row lacks is unknown. Of two rows with one key the later stays."""
    columns = view.shown_columns(containers)
    by_key = {row[view.key.field]: row for row in rows}
    values = [[row.get(column.field) for row in by_key.values()] for column in columns]
    return snapshot_of_columns(view, columns, list(by_key), values, sort=sort, seq=seq, time_ns=time_ns, trends=trends)


def snapshot_of_columns(
    view: View,
    columns: tuple[Column, ...],
    keys: Sequence[Hashable],
    values: Sequence[Sequence[Value]],
    *,
    sort: Sort | None = None,
    seq: int = 0,
    time_ns: int = 0,
    trends: Mapping[Hashable, tuple[float, ...]] | None = None,
) -> Snapshot:
    """A snapshot of rows that lie column by column, `values` as long as `columns`. The rows of a list stay in their order."""
    kept = tuple(keys)
    cells = tuple(map(tuple, values))
    if sort is None and view.kind is Kind.LIST:
        sort, order = Sort(0, False), tuple(range(len(kept)))
    else:
        sort = sort or Sort.of(columns)
        order = sorted_order(cells[sort.column], kept, sort)
    return Snapshot(view, columns, kept, cells, order, sort, seq, time_ns, trends or {})
