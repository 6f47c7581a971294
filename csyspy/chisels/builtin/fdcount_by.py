"""fdcount_by: how many descriptors there are for each value of a field."""

from typing import Any

from csyspy.chisels.api import Argument, Chisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import scalar


class FdCountBy(Chisel):
    """Distinct descriptors that were used, counted per value of any filter field."""

    name = "fdcount_by"
    category = "I/O"
    short_description = "Number of descriptors by any filter field"
    description = (
        "How many different descriptors (number and name together) occur for each value of the filter field that is given: connections "
        "per process, or files per directory."
    )
    args = (Argument("key", "The filter field to group by"),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.found: dict[object, set[tuple[int, str]]] = {}

    def on_set_arg(self, name: str, value: str) -> None:
        self.fields = {"key": value, "num": "fd.num", "name": "fd.name"}

    def on_event(self, event: Any) -> None:
        num = event["num"]
        if num is None or num <= 0:
            return
        name = event["name"]
        if not name:
            return
        key = event["key"]
        if key is None:
            return
        self.found.setdefault(tuple(key) if isinstance(key, list) else key, set()).add((num, name))

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        for key, found in sorted(self.found.items(), key=lambda item: -len(item[1])):
            self.print(f"{scalar(key)}\t{len(found)}")
