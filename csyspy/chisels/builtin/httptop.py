"""httptop: the URLs that are asked for most."""

from typing import Any

from csyspy.chisels.api import Argument, ChiselError
from csyspy.chisels.builtin._http import HttpChisel, Transaction
from csyspy.chisels.context import Context
from csyspy.chisels.table import RedrawnChisel, Row, Table, Units, print_table

UNITS: dict[str, Units] = {"ncalls": "none", "bytes": "bytes", "time": "time"}
ONE_S_NS = 1_000_000_000


class HttpTop(RedrawnChisel, HttpChisel):
    """HTTP requests by method and URL: number of calls, bytes, or mean time."""

    name = "httptop"
    short_description = "HTTP requests made most often"
    description = "HTTP requests that were answered, grouped by method and URL: how many, how many bytes, or how long they take on average."
    args = (Argument("by", "`ncalls`, `bytes` or `time`; ncalls where it is not given", optional=True),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.by = "ncalls"
        self.groups: dict[tuple[str, ...], list[float]] = {}
        if context.endless:
            self.period_ns = ONE_S_NS

    def on_set_arg(self, name: str, value: str) -> None:
        if value not in UNITS:
            raise ChiselError(f"chisel {self.name} sorts by {', '.join(UNITS)}, not by {value!r}")
        self.by = value

    def on_transaction(self, event: Any, transaction: Transaction) -> None:
        key: tuple[str, ...] = (transaction.method, transaction.url)
        if self.context.container_data:
            key = (transaction.container, *key)
        value = {"ncalls": 1.0, "bytes": transaction.length, "time": transaction.answered_ns - transaction.asked_ns}[self.by]
        self.groups.setdefault(key, []).append(value)

    def show(self, ts_ns: int, delta_ns: int) -> None:
        titles = ("container", "method", "url") if self.context.container_data else ("method", "url")
        table = Table(titles, titles, self.by, self.by, UNITS[self.by], top=30)
        rows: list[Row] = [(key, sum(values) / len(values) if self.by == "time" else sum(values)) for key, values in self.groups.items()]
        print_table(self.context, table, rows, ts_ns, delta_ns)
