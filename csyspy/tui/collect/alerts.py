"""Alerts of rules, collapsed to one line for what says the same of the same process."""

from dataclasses import dataclass, field
from typing import Any

from csyspy.rules.alerts import Alert
from csyspy.rules.directions import Directions
from csyspy.rules.engine import EngineOptions, RuleEngine, conditions_of
from csyspy.rules.model import SYSCALL, LoadResult
from csyspy.rules.settings import Settings, enabled_rules
from csyspy.tui.graph import EIGHTHS

MOST_ALERTS = 50_000


@dataclass(slots=True)
class Group:
    """Alerts of one rule about one process in one container."""

    rule: str
    who: str
    newest: Alert
    count: int = 1
    first_ns: int = 0
    times_ns: list[int] = field(default_factory=list)


class AlertCollector:
    """Runs the enabled rules on system calls; groups are in the order of their newest alert, newest first. Raises FieldError."""

    def __init__(self, loaded: LoadResult, directions: Directions = "auto") -> None:
        self.alerts: list[Alert] = []
        self._groups: dict[tuple[str, str], Group] = {}
        rules = [rule for rule in enabled_rules(loaded.rules, Settings()) if rule.source == SYSCALL]
        required = loaded.required_engine_version
        options = EngineOptions(directions=directions)
        engine = RuleEngine(rules, self._add, options, conditions=conditions_of(loaded), required_engine=required)
        self.rules = {rule.name: rule for rule in engine.rules}
        self.sinks: list[Any] = [engine.sink]

    @property
    def is_full(self) -> bool:
        """Whether no more alerts are taken."""
        return len(self.alerts) >= MOST_ALERTS

    def groups(self, muted: frozenset[str] = frozenset()) -> list[Group]:
        """Without the rules that are muted."""
        return [group for group in reversed(list(self._groups.values())) if group.rule not in muted]

    def hits(self) -> dict[str, list[int]]:
        """Rule -> times of its alerts, those with most first."""
        times: dict[str, list[int]] = {}
        for alert in list(self.alerts):
            times.setdefault(alert.rule, []).append(alert.time_ns)
        return dict(sorted(times.items(), key=lambda item: -len(item[1])))

    def _add(self, alert: Alert) -> None:
        if self.is_full:
            return
        self.alerts.append(alert)
        who = who_of(alert)
        group = self._groups.pop((alert.rule, who), None)
        if group is None:
            group = Group(alert.rule, who, alert, 0, alert.time_ns)
        group.newest = alert
        group.count += 1
        group.times_ns.append(alert.time_ns)
        self._groups[alert.rule, who] = group  # the one that was added last stands last


def who_of(alert: Alert) -> str:
    """`web-1 bash`: container and process, as far as the rule's output tells."""
    fields = alert.output_fields
    container = fields.get("container.name") or fields.get("container.id") or ""
    process = fields.get("proc.name") or str(fields.get("proc.cmdline") or "").split(" ", 1)[0] or f"thread {alert.tid}"
    return f"{container} {process}".strip()


def beat(times_ns: list[int], start_ns: int, end_ns: int, width: int) -> str:
    """When the alerts came, as a sparkline over a time."""
    counts = [0] * width
    for time_ns in times_ns:
        part = (time_ns - start_ns) / max(end_ns - start_ns, 1)
        counts[max(0, min(int(part * width), width - 1))] += 1
    most = max(counts, default=0) or 1
    return "".join(EIGHTHS[-(-count * 8 // most)] for count in counts)
