"""More about the selected row, beside the table, or under it on a narrow screen."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from csyspy.tui.graph import spark
from csyspy.tui.trends import TREND_LENGTH, sorting_column
from csyspy.views.format import cell_text, printable, short_bytes, short_count
from csyspy.views.snapshot import Snapshot
from csyspy.views.view import Unit

if TYPE_CHECKING:
    from csyspy.tui.collect.detail import Detail

LABEL_CELLS, VALUE_CELLS = 10, 12
WIDTH = 46


class DetailPane(Static):
    """Hidden until it is asked for."""

    DEFAULT_CSS = """
    DetailPane {
        display: none;
        width: 46;
        height: 1fr;
        border: round $border;
        border-title-color: $primary;
        border-title-style: bold;
        border-subtitle-color: $faint;
        padding: 0 1;
        background: $background;
    }
    DetailPane.-open { display: block; }
    """

    def show(self, title: str, snapshot: Snapshot, row: int, detail: "Detail | None") -> None:
        """The row's cells, and what the events tell; None while that is being collected, or where there are no events."""
        self.border_title = printable(title)
        self.border_subtitle = "i closes"
        lines: list[Content] = []
        trend, sorting = snapshot.trends.get(snapshot.keys[row]), sorting_column(snapshot)
        if trend and sorting is not None:
            column = snapshot.columns[sorting]
            lines.append(_line(column.name, spark(trend, TREND_LENGTH, max(100.0 if column.unit is Unit.PERCENT else 0.0, *trend))))
        columns = list(zip(snapshot.columns, snapshot.values, strict=True))
        wide = [(column, values) for column, values in columns if not column.colsize]
        lines += [Content.styled(cell_text(values[row], column.unit), "bold") for column, values in wide]
        pairs = [
            (column.name, cell_text(values[row], column.unit) + ("%" if column.unit is Unit.PERCENT and values[row] is not None else ""))
            for column, values in columns
            if column.colsize
        ]
        # what does not fit beside another has a line of its own
        long = [pair for pair in pairs if len(pair[0]) >= LABEL_CELLS or len(pair[1]) >= VALUE_CELLS]
        lines += [_line(label.ljust(LABEL_CELLS - 1) + " ", text) for label, text in long]
        pairs = [pair for pair in pairs if pair not in long]
        half = (len(pairs) + 1) // 2
        for (label, text), (other, more) in zip_longest(pairs[:half], pairs[half:], fillvalue=("", "")):
            lines.append(_line(label, f"{text:<{VALUE_CELLS}}") + (_line(other, more) if other else Content("")))
        if detail is not None:
            lines.append(Content(""))
            lines += _ranked("Top fds", detail.fds, short_bytes)
            lines += _ranked("Syscalls", detail.calls, short_count)
            lines += _ranked("Errors", detail.errors, short_count)
        self.update(Content("\n").join(lines))


def _line(label: str, text: str) -> Content:
    return Content.assemble((f"{label:<{LABEL_CELLS}}", "$primary"), printable(text))


def _end_of(name: str) -> str:
    """A name in one line of the pane; of a path the end tells most."""
    room = WIDTH - 4 - LABEL_CELLS - 7
    return name if len(name) <= room else "…" + name[1 - room :]


def _ranked(label: str, counts: Sequence[tuple[str, int]], text: Callable[[float], str]) -> list[Content]:
    if not counts:
        return [Content.assemble((f"{label:<{LABEL_CELLS}}", "$primary"), ("none", "$faint"))]
    lines = []
    for number, (name, count) in enumerate(counts):
        head = label if number == 0 else ""
        lines.append(Content.assemble((f"{head:<{LABEL_CELLS}}", "$primary"), (f"{text(count):>6} ", "$accent"), _end_of(printable(name))))
    return lines
