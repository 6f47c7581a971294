"""From a value to the text of its cell and the role that colours it. No widget here: all of it can be tested as text."""

from collections.abc import Callable

from rich.cells import cell_len, set_cell_size

from csyspy.tui.columns import TIMES, Placed
from csyspy.tui.graph import spark, stretch
from csyspy.views.format import UNKNOWN, cell_text, printable
from csyspy.views.snapshot import Snapshot, Sort, Value
from csyspy.views.view import Column, Unit

Cells = list[tuple[str, str]]
"""Pieces of text, each with the role that colours it: a component class of the grid without its prefix."""
BUSY_PERCENT = 20.0
HOT_PERCENT = 70.0
PATH_STARTS = ("/", ".", "~")
LARGE_SUFFIXES = ("G", "T", "P", "E")


def header_text(column: Column, placed: Placed, sort: Sort) -> str:
    """A column's head in its width; the sorted one carries the arrow."""
    if placed.is_trend:
        return set_cell_size(" TREND", placed.width)
    arrow = ("▼" if sort.descending else "▲") if placed.index == sort.column else ""
    room = min(placed.width, column.colsize or placed.width) - 1
    return aligned(column.name[: max(room - len(arrow), 0)] + arrow if arrow else column.name, column, placed.width)


def header_style(placed: Placed, sort: Sort) -> str:
    return "sorted" if placed.index == sort.column and not placed.is_trend else "header"


def aligned(text: str, column: Column, width: int) -> str:
    """Text in width cells, a blank last: numbers to the right of their column, text to the left. What is too long is cut, and says so."""
    room = max(width - 1, 1) if column.colsize else width
    if column.is_number and column.colsize:  # the last column may have been given more than it needs
        room = min(room, max(column.colsize - 1, 1))
    length = cell_len(text)
    if length > room and column.field in TIMES:  # fewer digits of the second are a time all the same
        text = text[:room]
    elif length > room:
        text = set_cell_size(text, room - 1) + "…"
    elif column.is_number:
        text = " " * (room - length) + text
    else:
        text += " " * (room - length)
    return text + " " * (width - room)


def cell_segments(
    snapshot: Snapshot,
    row: int,
    placed: Placed,
    sideways: int = 0,
    guide: str = "",
    name_of: Callable[[str, Value], str] | None = None,
) -> Cells:
    """One cell of a row, exactly placed.width cells wide; `sideways` cells of the last column's text are scrolled away.

    `guide` stands before the text of the last column: the branch of a tree that leads to it. `name_of(field, value)` is what stands
    in place of a value, where it is not empty."""
    column = snapshot.columns[placed.index]
    if placed.is_trend:
        return _trend(snapshot, row, placed)
    value = snapshot.values[placed.index][row]
    if not column.colsize:
        return _command(cell_text(value, column.unit), placed.width, sideways, guide)
    name = name_of(column.field, value) if name_of is not None else ""
    return [(aligned(printable(name) or cell_text(value, column.unit), column, placed.width), _role(value, column))]


def _role(value: Value, column: Column) -> str:
    if value is None or value in (0, ""):
        return "faint"
    if column.unit is Unit.ID:
        return "key" if column.priority > 5 else "faint"
    if column.unit is Unit.PERCENT and isinstance(value, int | float):
        return percent_role(value)
    if column.unit in (Unit.BYTES, Unit.BYTES_PER_S) and cell_text(value, column.unit).endswith(LARGE_SUFFIXES):
        return "large"
    return "text"


def percent_role(percent: float) -> str:
    """How loud a share of one CPU is."""
    if percent < 0.05:
        return "faint"
    if percent < BUSY_PERCENT:
        return "low"
    return "mid" if percent < HOT_PERCENT else "high"


def _trend(snapshot: Snapshot, row: int, placed: Placed) -> Cells:
    """The recent past of one row; of percents a whole CPU fills a cell, so that rows can be compared with each other."""
    history, cells = snapshot.trends.get(snapshot.keys[row], ()), placed.width - 2
    is_percent = snapshot.columns[placed.index].unit is Unit.PERCENT
    peak = max(100.0 if is_percent else 0.0, max(history, default=0.0))
    drawn = spark(history if len(history) <= cells else stretch(history, cells), cells, peak)
    role = percent_role(max(history, default=0.0)) if is_percent else "low"
    return [(f" {drawn} ", role)]


def _command(text: str, width: int, sideways: int, guide: str) -> Cells:
    """A command line: its folder faint, its name loud, its arguments plain."""
    if text == UNKNOWN and not guide:
        return [(set_cell_size(text, width), "faint")]
    executable, blank, arguments = text.rstrip().partition(" ")
    # A kernel thread may have a slash in its name (kworker/0:1); a program's path begins with a folder.
    folder, slash, name = executable.rpartition("/") if executable.startswith(PATH_STARTS) else ("", "", executable)
    if folder and not blank and not sideways:  # of a path alone, as of a file, the end tells most
        folder, slash = _end_of(folder + slash, width - cell_len(guide) - cell_len(name)), ""
    pieces = [(guide, "faint"), (folder + slash, "faint"), (name, "name"), (blank + arguments, "text")]
    return window_of(pieces, sideways, width)


def _end_of(text: str, width: int) -> str:
    """The end of a text, an ellipsis before it, where it is too long; the whole where not even that fits."""
    length = cell_len(text)
    return text if length <= width or width < 2 else "…" + _without(text, length - width + 1)


def window_of(pieces: Cells, start: int, width: int) -> Cells:
    """`width` cells of pieces from cell `start` on; an ellipsis where text goes on behind."""
    shown: Cells = []
    left, skip = width, start
    for text, role in pieces:
        if skip:
            length = cell_len(text)
            if length <= skip:
                skip -= length
                continue
            text, skip = _without(text, skip), 0
        length = cell_len(text)
        if length > left:
            shown.append((set_cell_size(text, max(left - 1, 0)) + "…" * min(left, 1), role))
            left = 0
            break
        if length:
            shown.append((text, role))
            left -= length
    if left:
        shown.append((" " * left, "text"))
    return shown


def _without(text: str, cells: int) -> str:
    """Text less its first cells; half of a wide character that is left becomes a blank."""
    at = 0
    while cells > 0 and at < len(text):
        cells -= cell_len(text[at])
        at += 1
    return " " * -cells + text[at:]
