"""The stream of events, as rows (csysdig's dig)."""

from typing import Any, NamedTuple

from csyspy.engine.callback import CallbackSink, EventView
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter

FIELDS = {"process": "proc.name", "latency_ns": "evt.latency", "failed": "evt.failed", "info": "evt.args"}
MOST_EVENTS = 200_000


class EventRow(NamedTuple):
    """One event."""

    number: int
    time_ns: int
    cpu: int
    process: str
    tid: int
    is_enter: bool
    type: str
    latency_ns: int
    """From its enter event; 0 where there is none."""
    failed: bool
    info: str

    def fields(self) -> dict[str, Any]:
        """Field -> value, of what the row has."""
        return {
            "evt.num": self.number, "evt.rawtime": self.time_ns, "evt.type": self.type, "evt.dir": ">" if self.is_enter else "<",
            "evt.args": self.info, "evt.failed": self.failed, "evt.latency": self.latency_ns, "proc.name": self.process,
            "thread.tid": self.tid, "evt.cpu": self.cpu,
        }


class EventCollector:
    """Keeps the events that pass a filter: the first MOST_EVENTS of them, or with `keeps_newest` the last. Raises FieldError."""

    def __init__(self, filter_text: str, *, keeps_newest: bool = False) -> None:
        self.rows: list[EventRow] = []
        self.dropped = 0
        """Rows that were let go because newer ones came."""
        self._keeps_newest = keeps_newest
        view = EventView({label: compile_field(field) for label, field in FIELDS.items()})
        program = compile_filter(filter_text).program if filter_text else None
        self.sinks: list[Any] = [CallbackSink(view, self._add, program)]

    @property
    def is_full(self) -> bool:
        """Whether no more events are taken."""
        return not self._keeps_newest and len(self.rows) >= MOST_EVENTS

    def clear(self) -> None:
        """Forget the rows so far."""
        self.dropped += len(self.rows)
        self.rows.clear()

    def _add(self, event: Any) -> None:
        if len(self.rows) >= MOST_EVENTS:
            if not self._keeps_newest:
                return
            self.dropped += MOST_EVENTS // 10
            del self.rows[: MOST_EVENTS // 10]
        self.rows.append(
            EventRow(
                event.num, event.ts, event.cpu, event["process"] or "<NA>", event.tid, event.enter, event.type,
                event["latency_ns"] or 0, bool(event["failed"]), event["info"] or "",
            )
        )
