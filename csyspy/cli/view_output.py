"""How the refreshes of a view are printed: JSON for programs, CSV for spreadsheets, text for pipes and for terminals."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, Protocol

from csyspy.cli.command import Command
from csyspy.cli.refresh import Refresh
from csyspy.views.format import cell_text, csv_value, json_value, valid_text
from csyspy.views.snapshot import Snapshot, Value
from csyspy.views.view import Column, Kind, View

NS_PER_S = 1_000_000_000
WIDEST_KEPT = 24
"""Cells that a column keeps on a narrow terminal, if it has that much; the last one takes what is left."""
GAP = 2
"""Blanks between columns on a terminal."""


class Output(Protocol):
    """Where refreshes go."""

    def show(self, refresh: Refresh) -> None:
        """Print one."""


def output_for(command: Command, view: View, shown: list[int], *, repeated: bool) -> Output:
    """The output that the command line asks for.

    `shown` are the numbers of the columns to print; `repeated`: there may be more than one refresh.
    """
    if command.json:
        return _Json(command, shown)
    if command.csv:
        return _Csv(command, shown, repeated)
    if sys.stdout.isatty() and not (repeated and view.kind is Kind.LIST):
        return _Terminal(command, shown, repeated)
    return _Plain(command, shown, repeated)


class _Base:
    def __init__(self, command: Command, shown: list[int], repeated: bool = False) -> None:
        self._shown = shown
        self._repeated = repeated
        self._most = command.rows or None
        self._filter = command.filter

    def _columns(self, snapshot: Snapshot) -> list[Column]:
        return [snapshot.columns[index] for index in self._shown]

    def _rows(self, snapshot: Snapshot) -> Iterator[tuple[object, list[Value]]]:
        """Key and cells of the rows, in their order."""
        values = [snapshot.values[index] for index in self._shown]
        for row in snapshot.order[: self._most]:
            yield snapshot.keys[row], [column[row] for column in values]


class _Json(_Base):
    """One object a refresh, on a line of its own; cells by the names of their columns, as numbers where they are numbers."""

    def show(self, refresh: Refresh) -> None:
        snapshot = refresh.snapshot
        names = [column.name for column in self._columns(snapshot)]
        sorting = snapshot.columns[snapshot.sort.column]
        head = {
            "view": snapshot.view.id,
            "filter": self._filter,
            "begin_ns": refresh.begin_ns,
            "end_ns": refresh.end_ns,
            "sort": {"column": sorting.name, "descending": snapshot.sort.descending},
            "columns": [{"name": column.name, "field": column.field, "unit": str(column.unit)} for column in self._columns(snapshot)],
        }
        write = sys.stdout.write
        write(json.dumps(head)[:-1] + ', "rows": [')
        for number, (key, cells) in enumerate(self._rows(snapshot)):
            row = {"key": json_value(key), **dict(zip(names, map(json_value, cells), strict=True))}
            write((",\n" if number else "\n") + json.dumps(row))
        write("]}\n")
        sys.stdout.flush()


class _Csv(_Base):
    """A line of names, then a line a row; before them the end of the interval in ns where there are several."""

    _begun = False

    def show(self, refresh: Refresh) -> None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if not self._begun:
            self._begun = True
            names = [column.name for column in self._columns(refresh.snapshot)]
            writer.writerow(["end_ns", *names] if self._repeated else names)
        for _, cells in self._rows(refresh.snapshot):
            row = [csv_value(cell) for cell in cells]
            writer.writerow([refresh.end_ns, *row] if self._repeated else row)
        sys.stdout.flush()


class _Plain(_Base):
    """Columns as wide as what is in them, for pipes; nothing is cut. A list goes on under its first line."""

    _begun = False

    def show(self, refresh: Refresh) -> None:
        columns = self._columns(refresh.snapshot)
        table = _texts(self._rows(refresh.snapshot), columns)
        goes_on = self._repeated and refresh.snapshot.view.kind is Kind.LIST
        widths = [max([len(column.name), *(len(row[i]) for row in table)]) for i, column in enumerate(columns)]
        if goes_on:
            widths = [max(width, column.colsize - 2) for width, column in zip(widths, columns, strict=True)]
        elif self._repeated:
            sys.stdout.write(_moment(refresh) + "\n")
        head = [] if goes_on and self._begun else [[column.name for column in columns]]
        self._begun = True
        pads = [str.rjust if column.is_number else str.ljust for column in columns]
        for row in [*head, *table]:
            line = "  ".join([pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)])
            sys.stdout.write(line.rstrip() + "\n")
        if self._repeated and not goes_on:
            sys.stdout.write("\n")
        sys.stdout.flush()


class _Terminal(_Base):
    """A table that fits the terminal's width: the least important columns leave a narrow one."""

    def show(self, refresh: Refresh) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        console = Console(highlight=False)
        columns = self._columns(refresh.snapshot)
        title = _moment(refresh) if self._repeated else None
        table = Table(box=None, header_style="bold", pad_edge=False, title=title, title_justify="left")
        texts = _texts(self._rows(refresh.snapshot), columns)
        widest = [max(len(text) for text in cells) for cells in zip((column.name for column in columns), *texts, strict=True)]
        widths = _widths(columns, widest, console.width)
        for index, width in widths.items():
            justify: Literal["right", "left"] = "right" if columns[index].is_number else "left"
            table.add_column(Text(columns[index].name), justify=justify, no_wrap=True, overflow="ellipsis", width=width)
        for cells in texts:
            table.add_row(*(Text(cells[index]) for index in widths))
        console.print(table)


def _widths(columns: list[Column], widest: list[int], room: int) -> dict[int, int]:
    """Index and cells of the columns that find room; the least important go first, of equals the rightmost, and never the last."""
    widths = {index: min(width, WIDEST_KEPT) for index, width in enumerate(widest)}
    last = len(columns) - 1
    while len(widths) > 1 and sum(widths.values()) + GAP * (len(widths) - 1) > room:
        del widths[min((index for index in reversed(widths) if index != last), key=lambda index: columns[index].priority)]
    spare = max(room - sum(widths.values()) - GAP * (len(widths) - 1), 0)
    for index in (last, *widths):
        more = min(widest[index] - widths[index], spare)
        widths[index] += more
        spare -= more
    return widths


def _texts(rows: Iterable[tuple[object, list[Value]]], columns: list[Column]) -> list[list[str]]:
    """The cells as they are printed."""
    units = [column.unit for column in columns]
    return [[valid_text(cell_text(cell, unit)) for cell, unit in zip(cells, units, strict=True)] for _, cells in rows]


def _moment(refresh: Refresh) -> str:
    clock = datetime.fromtimestamp(refresh.end_ns // NS_PER_S).strftime("%H:%M:%S")
    span_s = (refresh.end_ns - refresh.begin_ns) / NS_PER_S
    return f"{clock}.{refresh.end_ns % NS_PER_S // 1_000_000:03}  {len(refresh.snapshot)} rows  {span_s:.1f}s"
