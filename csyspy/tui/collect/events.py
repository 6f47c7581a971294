"""The stream of events, as rows (csysdig's dig)."""

import time
from typing import Any

from csyspy.engine.callback import CallbackSink, EventView
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.tui.collect.card import card_fields, in_order
from csyspy.tui.collect.event_log import EventLog, EventRow

FIELDS = {"process": "proc.name", "latency_ns": "evt.latency", "failed": "evt.failed", "info": "evt.args"}
MOST_EVENTS = 200_000
"""Some 110 bytes each."""
WHOLE_EVENTS_PER_S = 1000
"""Of how many live events a second all fields are kept; each takes 70 µs."""
MOST_WHOLE = 2000
"""The newest ones; each takes 10 kB."""


class EventCollector:
    """Keeps the events that pass a filter: the first MOST_EVENTS of them, or with `keeps_newest` the last. Raises FieldError."""

    def __init__(self, filter_text: str, *, keeps_newest: bool = False) -> None:
        self.rows = EventLog()
        self.dropped = 0
        """Rows that were let go because newer ones came."""
        self._keeps_newest = keeps_newest
        self._whole: dict[int, dict[str, Any]] = {}
        self._second, self._of_second = 0, 0
        self._names = card_fields() if keeps_newest else ()
        fields = {label: compile_field(field) for label, field in FIELDS.items()}
        view = EventView({**{name: compile_field(name) for name in self._names}, **fields})
        program = compile_filter(filter_text).program if filter_text else None
        self.sinks: list[Any] = [CallbackSink(view, self._add, program)]

    @property
    def is_full(self) -> bool:
        """Whether no more events are taken."""
        return not self._keeps_newest and len(self.rows) >= MOST_EVENTS

    def whole(self, row: EventRow) -> dict[str, Any] | None:
        """All fields of an event of the newest; None where they were not kept, because too many came at once, or since then."""
        return self._whole.get(row.number)

    def clear(self) -> None:
        """Forget the rows so far."""
        self.dropped += len(self.rows)
        self.rows = EventLog()  # whoever adds to the one before at this moment does it no harm

    def _add(self, event: Any) -> None:
        if len(self.rows) >= MOST_EVENTS:
            if not self._keeps_newest:
                return
            self.dropped += self.rows.drop_oldest()
        self.rows.append(
            EventRow(
                event.num, event.ts, event.cpu, event["process"] or "<NA>", event.tid, event.enter, event.type,
                event["latency_ns"] or 0, bool(event["failed"]), event["info"] or "",
            )
        )
        if self._names:
            self._keep_whole(event)

    def _keep_whole(self, event: Any) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._of_second = second, 0
        self._of_second += 1
        if self._of_second <= WHOLE_EVENTS_PER_S:
            self._whole[event.num] = in_order({name: event[name] for name in self._names})
            if len(self._whole) > MOST_WHOLE:
                del self._whole[next(iter(self._whole))]
