"""memcachelog: what clients ask a memcached for."""

from typing import Any

from csyspy.chisels.api import Argument, Chisel, to_number
from csyspy.chisels.context import Context
from csyspy.chisels.layout import scalar, whole


class MemcacheLog(Chisel):
    """A line for each get and set of the text protocol."""

    name = "memcachelog"
    category = "Application"
    short_description = "Log of memcached commands"
    description = (
        "A line for each `get` and `set` of memcached's text protocol on port 11211 or in a process memcached: time, method, size, key."
    )
    args = (
        Argument("method", "`get` or `set`: only those", optional=True),
        Argument("size", "Smallest size in bytes of the objects of a `set`", optional=True),
    )
    filter = "(fd.sport=11211 or proc.name=memcached) and evt.is_io=true"
    fields = {"data": "evt.arg[1]", "datetime": "evt.datetime"}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.method = ""
        self.size = 0.0

    def on_set_arg(self, name: str, value: str) -> None:
        if name == "method":
            self.method = value
        else:
            self.size = to_number(self, value, name)

    def on_event(self, event: Any) -> None:
        words = scalar(event["data"]).split(" ")
        method = words[0]
        if not method.startswith(("get", "set")) or len(words) < 2:
            return
        size = _number(words[4]) if len(words) > 4 else 0.0
        if self.method and (method != self.method or (method == "set" and size < self.size)):
            return
        self.print(f"{scalar(event['datetime'])} method={method} size={whole(size)}B key={words[1]}")


def _number(word: str) -> float:
    """The size in a command; the payload behind it may follow without a blank, as dots."""
    digits = word[: len(word) - len(word.lstrip("0123456789"))]
    return float(digits) if digits else 0.0
