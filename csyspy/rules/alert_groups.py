"""Alerts gathered as people look at them: one group for all that one rule says of one process, with count, first and last."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from csyspy.rules.alerts import Alert

MOST_GROUPS: Final = 10_000
"""Of more, those are forgotten whose newest alert came longest ago."""
MOST_MARKS: Final = 512
"""Different times that are kept of a rule's alerts; of more, neighbours become one."""


@dataclass(slots=True)
class Group:
    """Alerts of one rule about one process in one container, from one origin (csyspy.rules.alerts.Alert)."""

    rule: str
    who: str
    origin: str
    newest: Alert
    first_ns: int
    count: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Tells it from all other groups."""
        return self.origin, self.rule, self.who


class Marks:
    """How many alerts came when: exact counts at times that grow coarser as there are more of them."""

    def __init__(self) -> None:
        self.count = 0
        self._shift = 0
        self._counts: dict[int, int] = {}

    def add(self, time_ns: int) -> None:
        """One more."""
        self.count += 1
        mark = time_ns >> self._shift
        self._counts[mark] = self._counts.get(mark, 0) + 1
        while len(self._counts) > MOST_MARKS:
            self._shift += 1
            finer, self._counts = self._counts, {}
            for mark, count in finer.items():
                self._counts[mark >> 1] = self._counts.get(mark >> 1, 0) + count

    def times_ns(self) -> list[tuple[int, int]]:
        """(time, how many alerts from there on), in order."""
        return sorted((mark << self._shift, count) for mark, count in self._counts.items())


class AlertGroups:
    """Takes alerts from any thread. `count` is how many there were, `forgotten` how many of them are in no group any more."""

    def __init__(self) -> None:
        self.count = 0
        self.forgotten = 0
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._marks: dict[str, Marks] = {}
        self._names: dict[str, str] = {}
        self._nameless: set[str] = set()
        """Ids of the containers whose alerts came before their name."""
        self._lock = threading.Lock()

    def add(self, alert: Alert) -> None:
        """Put an alert into its group, which is the newest then."""
        with self._lock:
            who = who_of(alert, self._names)
            self.count += 1
            if alert.container and who.startswith(alert.container):
                self._nameless.add(alert.container)
            group = self._groups.pop((alert.origin, alert.rule, who), None)
            if group is None:
                group = Group(alert.rule, who, alert.origin, alert, alert.time_ns)
            group.newest = alert
            group.first_ns = min(group.first_ns, alert.time_ns)
            group.count += 1
            self._groups[group.key] = group  # the one that was added last stands last
            if len(self._groups) > MOST_GROUPS:
                self.forgotten += self._groups.pop(next(iter(self._groups))).count
            marks = self._marks.get(alert.rule)
            if marks is None:
                marks = self._marks[alert.rule] = Marks()
            marks.add(alert.time_ns)

    def learn(self, containers: Mapping[str, Mapping[str, Any]]) -> None:
        """Name the containers whose alerts came first: by id the object of the container event (csyspy.containers.node), as in a State."""
        if not self._nameless:
            return
        for container_id in self._nameless & containers.keys():
            name = containers[container_id].get("name")
            if name and isinstance(name, str):
                with self._lock:
                    self._nameless.discard(container_id)
                    self._names[container_id] = name
                    self._name(container_id)

    def _name(self, container_id: str) -> None:
        """Put each group of a container that has a name now under that name, which others may stand under already."""
        groups, self._groups = self._groups.values(), {}
        for group in groups:
            if group.newest.container == container_id:
                group.who = who_of(group.newest, self._names)
            known = self._groups.pop(group.key, None)
            if known is not None:
                group.count += known.count
                group.first_ns = min(group.first_ns, known.first_ns)
            self._groups[group.key] = group

    def groups(self) -> list[Group]:
        """All groups, that of the newest alert last."""
        with self._lock:
            return list(self._groups.values())

    def hits(self) -> dict[str, tuple[int, list[tuple[int, int]]]]:
        """Rule -> how many alerts, and when (Marks.times_ns)."""
        with self._lock:
            return {rule: (marks.count, marks.times_ns()) for rule, marks in self._marks.items()}


def newest_first(gathered: Iterable[AlertGroups], without: frozenset[str] = frozenset()) -> list[Group]:
    """The groups of all of them, that of the newest alert first, without those of some rules."""
    groups = [group for each in gathered for group in reversed(each.groups()) if group.rule not in without]
    return sorted(groups, key=lambda group: -group.newest.time_ns)


def hits_of(gathered: Iterable[AlertGroups]) -> list[tuple[str, int, list[tuple[int, int]]]]:
    """Rule, number and times of its alerts in all of them, the rule with most alerts first."""
    counts: dict[str, int] = {}
    times: dict[str, list[tuple[int, int]]] = {}
    for each in gathered:
        for rule, (count, when) in each.hits().items():
            counts[rule] = counts.get(rule, 0) + count
            times[rule] = times.get(rule, []) + when
    return [(rule, counts[rule], times[rule]) for rule in sorted(counts, key=lambda rule: -counts[rule])]


def who_of(alert: Alert, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """`web-1 bash`: container and process, or the user of a request, as far as the rule's output tells.

    `names` are those of containers, by id, that were not known when the rule fired."""
    fields = alert.output_fields
    container = fields.get("container.name") or names.get(alert.container) or fields.get("container.id") or alert.container
    process = fields.get("proc.name") or str(fields.get("proc.cmdline") or "").split(" ", 1)[0] or fields.get("ka.user.name")
    process = process or (f"thread {alert.tid}" if alert.tid >= 0 else "")
    return f"{container} {process}".strip()
