"""Chisels that are a table: the engine sums a field per combination of keys, the end of the capture prints it, largest first."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from csyspy.chisels import colors, layout
from csyspy.chisels.api import Chisel, ChiselError
from csyspy.chisels.context import Context

Units = Literal["none", "bytes", "time", "timepct"]
Row = tuple[Sequence[object], float]

COLUMN = 20
RULE = "-" * 80
ONE_S_NS = 1_000_000_000


@dataclass(frozen=True)
class Table:
    """What is summed and how it is printed. In `keys` and `titles`, `{name}` is the value of the argument of that name, which may
    give several, separated by commas."""

    keys: tuple[str, ...]
    titles: tuple[str, ...]
    value: str
    title: str
    units: Units = "none"
    top: int = 0  # rows printed, 0 for all
    filter: str = ""
    value_name: str = ""  # what JSON calls the value, where it is not the field
    scale: float = 1.0
    keep_zero: bool = False  # rows for values that are zero, too

    def bind(self, arguments: dict[str, str]) -> "Table":
        """The table with the arguments in their places."""

        def put(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(part for text in texts for part in (text.format(**arguments).split(",") if "{" in text else (text,)))

        return replace(self, keys=put(self.keys), titles=put(self.titles))


def _shown(table: Table, value: float, delta_ns: int) -> str:
    if table.units == "bytes":
        return layout.format_bytes(value)
    if table.units == "time":
        return layout.format_time(value)
    if table.units == "timepct":
        return layout.format_percent(value, delta_ns)
    return layout.number(value)


def top_rows(rows: Iterable[Row], top: int) -> list[Row]:
    """The rows with the largest values first, at most `top` of them (0: all); equal ones in the order in which they came up."""
    ordered = sorted(rows, key=lambda row: -row[1])
    return ordered[:top] if top else ordered


def text_lines(table: Table, rows: Iterable[Row], delta_ns: int) -> list[str]:
    """The table as sysdig's chisels print it: value and keys in columns of 20, the last key as long as it is."""
    lines = ["".join(layout.pad(title, COLUMN) for title in (table.title, *table.titles)), RULE]
    for keys, value in top_rows(rows, table.top):
        texts = [layout.scalar(key) for key in keys]
        lines.append(layout.pad(_shown(table, value, delta_ns), COLUMN) + "".join(layout.pad(t, COLUMN) for t in texts[:-1]) + texts[-1])
    return lines


def json_text(table: Table, rows: Iterable[Row], ts_ns: int) -> str:
    """The table as one JSON object: `ts`, `data` (keys as text, then the number), `info` (what the columns are).

    Readers expect the value's entry of `info` at index 2, so a table of one key has a null before it.
    """
    data = [
        "[" + ",".join([json.dumps(layout.scalar(key), ensure_ascii=False) for key in keys] + [layout.number(value)]) + "]"
        for keys, value in top_rows(rows, table.top)
    ]
    info: list[tuple[str, str, bool] | None] = [(key, title, True) for key, title in zip(table.keys, table.titles, strict=True)]
    info += [None] * (2 - len(info))
    info.append((table.value_name or table.value, table.title, False))
    entries = ",".join("null" if entry is None else _info_text(*entry) for entry in info)
    seconds = ts_ns // ONE_S_NS * ONE_S_NS
    return f'{{\n  "ts":"{seconds}",\n  "data":[{",".join(data)}],\n  "info":[{entries}]\n}}'


def _info_text(name: str, title: str, is_key: bool) -> str:
    return f'{{\n      "name":{json.dumps(name)},\n      "desc":{json.dumps(title)},\n      "is_key":{json.dumps(is_key)}\n    }}'


class RedrawnChisel(Chisel):
    """Draws its groups each second on a live terminal, where they start anew; otherwise once, at the end."""

    groups: Any

    def show(self, ts_ns: int, delta_ns: int) -> None:
        """Print the groups as they stand; times in ns."""
        raise TypeError(f"chisel {self.name} does not say how it is shown")

    def on_capture_start(self) -> None:
        if self.context.endless and not self.context.json:
            self.context.write(colors.CLEAR_SCREEN + colors.HIDE_CURSOR)

    def on_interval(self, ts_ns: int, delta_ns: int) -> None:
        if not self.context.json:
            self.context.write(colors.CLEAR_SCREEN + colors.CURSOR_HOME)
        self.show(ts_ns, delta_ns)
        self.groups.clear()

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        if self.context.endless and not self.context.json:
            self.context.write(colors.CLEAR_SCREEN + colors.CURSOR_HOME + colors.SHOW_CURSOR)
            return
        self.show(ts_ns, delta_ns)


class TableChisel(RedrawnChisel):
    """A chisel that declares a Table and leaves the rest to the engine.

    `table` is what it shows, `container_table` what it shows instead with -pc, -pk or -pm. On a source without end the table
    is drawn each second and starts anew; otherwise it is printed once, at the end.
    """

    table: Table
    container_table: Table | None = None

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.arguments: dict[str, str] = {}
        self.groups: Any = None

    def on_set_arg(self, name: str, value: str) -> None:
        self.arguments[name] = value

    def on_init(self) -> None:
        table = self.container_table if self.context.container_data and self.container_table else self.table
        self.table = table.bind(self.arguments)
        if len(self.table.keys) != len(self.table.titles):
            raise ChiselError(f"chisel {self.name} has {len(self.table.keys)} keys and {len(self.table.titles)} titles")
        self.filter = self.table.filter
        if self.context.endless:
            self.period_ns = ONE_S_NS

    def sink(self) -> Any:
        from csyspy.chisels.binding import table_sink

        self.groups = table_sink(self, self.table)
        return self.groups

    def rows(self) -> list[Row]:
        """Key values and total of each group so far."""
        return [(keys, totals[0]) for keys, totals in self.groups.rows()]

    def show(self, ts_ns: int, delta_ns: int) -> None:
        """Print the table as it is now."""
        print_table(self.context, self.table, self.rows(), ts_ns, delta_ns)


def print_table(context: Context, table: Table, rows: Iterable[Row], ts_ns: int, delta_ns: int) -> None:
    """Write the table as text, or as JSON where the run writes JSON."""
    if context.json:
        context.print(json_text(table, rows, ts_ns))
        return
    for line in text_lines(table, rows, delta_ns):
        context.print(line)
