"""Alerts of the rules that run on what the screen looks at."""

from typing import Any

from csyspy.rules.alert_groups import AlertGroups
from csyspy.rules.alerts import Alert
from csyspy.rules.directions import Directions
from csyspy.rules.engine import EngineOptions, RuleEngine, conditions_of
from csyspy.rules.model import SYSCALL, LoadResult
from csyspy.rules.settings import Settings, enabled_rules
from csyspy.tui.alert_events import AlertEvents
from csyspy.tui.graph import EIGHTHS


class AlertCollector:
    """Runs the enabled rules on system calls; `events` keeps those round the alerts, `alerts` go on. Raises FieldError."""

    is_full = False

    def __init__(
        self,
        loaded: LoadResult,
        directions: Directions = "auto",
        events: AlertEvents | None = None,
        alerts: AlertGroups | None = None,
    ) -> None:
        self.alerts = alerts or AlertGroups()
        self._events = events
        rules = [rule for rule in enabled_rules(loaded.rules, Settings()) if rule.source == SYSCALL]
        required = loaded.required_engine_version
        options = EngineOptions(directions=directions)
        engine = RuleEngine(rules, self._add, options, conditions=conditions_of(loaded), required_engine=required)
        self.rules = {rule.name: rule for rule in engine.rules}
        self.sinks: list[Any] = [engine.sink] if events is None else [events.sink, engine.sink]

    def learn(self, state: Any) -> None:
        """Name containers that the events have told of since their alerts came."""
        self.alerts.learn(state.containers)

    def _add(self, alert: Alert) -> None:
        self.alerts.add(alert)
        if self._events is not None:
            self._events.note(alert)


def beat(times_ns: list[tuple[int, int]], start_ns: int, end_ns: int, width: int) -> str:
    """When the alerts came (time, how many), as a sparkline over a time."""
    counts = [0] * width
    for time_ns, count in times_ns:
        part = (time_ns - start_ns) / max(end_ns - start_ns, 1)
        counts[max(0, min(int(part * width), width - 1))] += count
    most = max(counts, default=0) or 1
    return "".join(EIGHTHS[-(-count * 8 // most)] for count in counts)
