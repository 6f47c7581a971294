"""All that is known about one event."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from csyspy.engine.format import Formatter
from csyspy.engine.sinks_text import TextSink
from csyspy.fields.catalogue import catalogue
from csyspy.fields.extraction import answered, compile_field
from csyspy.filters import compile_filter

FIRST_FIELDS = (
    "evt.num", "evt.time", "evt.type", "evt.dir", "evt.info", "evt.res", "evt.latency.human", "proc.name", "proc.pid", "thread.tid",
    "proc.cmdline", "user.name", "container.name", "container.id", "fd.name", "evt.cpu",
)
"""What people look for stands at the top."""


@cache
def card_fields() -> tuple[str, ...]:
    """The fields that have a value by themselves, in the order of the catalogue."""
    known = answered()
    return tuple(
        name
        for name, field in catalogue().items()
        if name in known and field.arg != "required" and not (field.filter_only or field.table_only) and name != "evt.count"
    )


def in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> value as a card shows them, those without one left out."""
    order = dict.fromkeys([*FIRST_FIELDS, *card_fields()])
    return {name: values[name] for name in order if values.get(name) is not None}


class CardCollector:
    """Every field of the event with that number (evt.num)."""

    def __init__(self, number: int) -> None:
        self._file = os.memfd_create("event")
        formatter = Formatter([(compile_field(name), name, 0) for name in card_fields()], False, True)
        self._sink = TextSink(formatter, self._file, True, compile_filter(f"evt.num={number}").program)
        self.sinks: list[Any] = [self._sink]

    @property
    def is_full(self) -> bool:
        """Whether the event was found."""
        return bool(self._sink.lines)

    def result(self) -> dict[str, Any]:
        """Field -> value, those without one left out. Once only."""
        size = os.fstat(self._file).st_size
        text = os.pread(self._file, size, 0).decode("utf-8", "replace")
        os.close(self._file)
        return in_order(json.loads(text) if text.strip() else {})
