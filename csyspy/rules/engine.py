"""Rules that run: a sink that meets every event and hands on alerts."""

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csyspy.engine.ruleset import RuleSet
from csyspy.fields.formats import parse_format
from csyspy.filters.ast import Node
from csyspy.filters.rule_plan import plan_rules
from csyspy.rules.alert_format import AlertFormat, formatter
from csyspy.rules.alerts import Alert
from csyspy.rules.directions import Directions, exit_only, exits_and_singles
from csyspy.rules.model import LoadResult, Rule

if TYPE_CHECKING:
    from csyspy.engine.state import State

_NO_CONTAINER = ("host", "<NA>", "")
Receiver = Callable[[Alert], object]
"""Takes an alert, and is quick about it: the events wait."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How rules run.

    `every`: all rules that hold fire, not only the first in order (rule_matching: all). `iso_time`: alerts begin with the date, too.
    `static_fields` are added to each alert's fields. Without `fields` alerts have none, for those who only want the text.
    """

    every: bool = False
    directions: Directions = "auto"
    iso_time: bool = False
    static_fields: tuple[tuple[str, str], ...] = ()
    hostname: str = ""
    fields: bool = True


class RuleEngine:
    """Runs `rules` in their order; `conditions` and `required_engine` are of all that was loaded (exit_only).

    `sink` goes into a walker; `receive` gets the alerts. Raises FilterError where a condition cannot be compiled.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        receive: Receiver,
        options: EngineOptions | None = None,
        *,
        conditions: Iterable[Node] = (),
        required_engine: str = "",
    ) -> None:
        self.rules = tuple(rules)
        self._by_name = {rule.name: rule for rule in rules}
        self.receive = receive
        self.options = options or EngineOptions()
        self.hostname = self.options.hostname or local_hostname()
        trees = [rule.tree for rule in rules]
        self.exit_only = exit_only(self.options.directions, [*trees, *conditions], required_engine)
        plan = plan_rules(trees, exits_and_singles() if self.exit_only else None)
        iso_time, static = self.options.iso_time, self.options.static_fields
        self._container = formatter(parse_format("%container.id"))
        self._formats = [AlertFormat(rule, iso_time=iso_time, static=static) for rule in rules]
        needs = 0
        for each in self._formats:
            needs |= each.needs
        every, joins = self.options.every, self.exit_only
        self.sink = RuleSet(plan.rules, self._fire, bits=plan.bits, every=every, joins=joins, needs=needs)

    def _fire(self, number: int, state: "State") -> None:
        rule, form = self.rules[number], self._formats[number]
        prefix, message = form.texts(state)
        container: str = self._container.line(state)
        self.receive(
            Alert(
                state.evt_ts,
                rule.name,
                rule.priority,
                prefix + message,
                message,
                rule.source,
                rule.tags,
                self.hostname,
                form.fields(state) if self.options.fields else "{}",
                event=state.evt_num,
                tid=state.evt_tid,
                container="" if container in _NO_CONTAINER else container,
            )
        )

    def rule(self, name: str) -> Rule:
        """The rule of this name. Raises KeyError."""
        return self._by_name[name]

    @property
    def fired(self) -> dict[str, int]:
        """How often each rule fired; those that did."""
        return {rule.name: count for rule, count in zip(self.rules, self.sink.fired, strict=True) if count}


def conditions_of(loaded: LoadResult) -> list[Node]:
    """All conditions that were loaded: of rules, disabled ones too, and of macros."""
    return [rule.tree for rule in loaded.rules] + [macro.tree for macro in loaded.macros]


def local_hostname() -> str:
    """The host's name as alerts give it; FALCO_HOSTNAME goes before it, as in Falco."""
    return os.environ.get("FALCO_HOSTNAME") or socket.gethostname()
