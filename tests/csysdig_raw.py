"""csysdig's `--raw` tables: their rows, and ours printed as csysdig prints them (libs: sinsp_filter_check_reference::tostring_nice)."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from csyspy.events import EVENT_TABLE
from csyspy.fields.extraction import compile_field
from csyspy.views.snapshot import Snapshot, Value
from csyspy.views.view import Aggregation, Column

DASHES = "-" * 22
WIDTH = 10
NS_PER_S = 1_000_000_000
_INTEGERS = ("INT", "UINT")
_TYPES = {int(code): name for code, name in EVENT_TABLE["param_types"].items()}
_FORMATS = {int(code): name for code, name in EVENT_TABLE["print_formats"].items()}


def rows_of(path: Path) -> list[str]:
    """The rows of the last table in the file: csysdig prints an empty one first, lists twice."""
    blocks = path.read_text(errors="surrogateescape").split(DASHES + "\n")
    filled = [block for block in blocks if block]
    return [line.rstrip() for line in filled[-1].split("\n") if line] if filled else []


def printed(snapshot: Snapshot) -> list[str]:
    """The rows of a snapshot as csysdig prints them, without blanks at the end; newlines in a cell as one line each."""
    cells = [_printer(column) for column in snapshot.columns]
    rows = (" ".join(cell(column[row]) for cell, column in zip(cells, snapshot.values, strict=True)) for row in snapshot.order)
    return [line.rstrip() for row in rows for line in row.split("\n") if line.rstrip()]


def missing_and_extra(ours: list[str], theirs: list[str]) -> tuple[list[str], list[str]]:
    """Rows that only csysdig has, and rows that only we have."""
    mine, other = Counter(ours), Counter(theirs)
    return sorted((other - mine).elements()), sorted((mine - other).elements())


def _printer(column: Column) -> Callable[[Value], str]:
    field = compile_field(column.field)
    kind, is_id = _TYPES[field.type], _FORMATS.get(field.fmt) == "ID"
    rate = Aggregation.TIME_AVG in (column.aggregation, column.groupby_aggregation)
    if kind == "RELTIME":
        return lambda value: _time(int(value or 0))
    if kind == "CHARBUF" and column.is_number:
        return lambda value: f"{value:g}"
    if kind == "DOUBLE":
        return lambda value: f"{value:{WIDTH}.2f}"
    if kind.startswith(_INTEGERS):
        if is_id and not rate:
            return lambda value: f"{-1 if value is None else value:{WIDTH}d}"
        return lambda value: _bytes(float(value or 0), 2 if rate else 0)
    return str


def _bytes(value: float, decimals: int) -> str:
    for power, suffix in reversed(list(enumerate("KMGTP", 1))):
        if value > 1024**power:
            return f"{value / 1024**power:{WIDTH - 1}.{decimals}f}{suffix}"
    return f"{value:{WIDTH}.{decimals}f}"


def _time(ns: int) -> str:
    if ns >= 3600 * NS_PER_S:
        text = f"{ns // (3600 * NS_PER_S):02}:{ns // (60 * NS_PER_S) % 60:02}:{ns // NS_PER_S % 60:02}"
    elif ns >= 60 * NS_PER_S:
        text = f"{ns // (60 * NS_PER_S)}:{ns // NS_PER_S % 60}"
    elif ns >= NS_PER_S:
        text = f"{ns // NS_PER_S}.{ns % NS_PER_S // 10_000_000:02}s"
    elif ns >= 10_000_000:
        text = f"{ns // 1_000_000}ms"
    elif ns >= 1_000_000:
        text = f"{ns // 1_000_000}.{ns % 1_000_000 // 10_000:02}ms"
    elif ns >= 10_000:
        text = f"{ns // 1000}us"
    elif ns >= 1000:
        text = f"{ns // 1000}.{ns % 1000 // 10:02}us"
    else:
        text = f"{ns}ns"
    return text.rjust(WIDTH)
