"""`csyspy rules -r … -e …`: run rules over captures and print the alerts."""

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from csyspy.cli.exits import INTERRUPTED, OK
from csyspy.cli.rules_command import RulesCommand
from csyspy.errors import UsageError
from csyspy.rules.alerts import Alert, JsonShape, to_json
from csyspy.rules.engine import EngineOptions, RuleEngine, conditions_of
from csyspy.rules.model import SYSCALL, LoadResult, Rule
from csyspy.rules.settings import Settings, enabled_rules

if TYPE_CHECKING:
    from csyspy.rules.audit import AuditEngine

FLUSH_CHARACTERS = 65536
"""So much waits before it is written, where nobody asks for every alert at once."""


def run(command: RulesCommand, settings: Settings, loaded: LoadResult) -> int:
    """Run what was loaded; the exit code. Raises CsyspyError for what is wrong, after the alerts before it were printed."""
    if not command.captures:
        raise UsageError("live rules are not part of this version", "-e FILE takes the events of a capture")
    printer = Printer(alert_line(command.json or settings.json_output, settings), unbuffered=command.unbuffered)
    engine = rule_engine(command, settings, loaded, printer.print)
    try:
        return _walk(engine, command)
    finally:
        printer.flush()
        if command.stats:
            for line in statistics(engine):
                print(line, file=sys.stderr)


def rule_engine(command: RulesCommand, settings: Settings, loaded: LoadResult, receive: Callable[[Alert], object]) -> RuleEngine:
    """The engine of the rules that the command line and the settings choose."""
    rules = [rule for rule in chosen_rules(command, settings, loaded) if rule.source == SYSCALL]
    required = loaded.required_engine_version
    options = engine_options(command, settings)
    return RuleEngine(rules, receive, options, conditions=conditions_of(loaded), required_engine=required)


def chosen_rules(command: RulesCommand, settings: Settings, loaded: LoadResult) -> list[Rule]:
    """The rules that the command line and the settings choose."""
    return enabled_rules(
        loaded.rules, settings, only_tags=command.only_tags, without_tags=command.without_tags, without_names=command.without_names
    )


def engine_options(command: RulesCommand, settings: Settings) -> EngineOptions:
    """How the rules are to run."""
    return EngineOptions(
        every=settings.rule_matching == "all",
        directions="all" if command.all_events else "exit" if command.exit_events else "auto",
        # JSON goes to other machines, and a time of day says little there
        iso_time=settings.time_format_iso_8601 or command.json or settings.json_output,
        static_fields=settings.static_fields,
    )


def alert_line(json: bool, settings: Settings) -> Callable[[Alert], str]:
    """How an alert becomes a line."""
    if not json:
        return lambda alert: alert.output
    shape = JsonShape(
        settings.json_include_output_property,
        settings.json_include_output_fields_property,
        settings.json_include_tags_property,
        settings.json_include_message_property,
    )
    return lambda alert: to_json(alert, shape)


class Printer:
    """Alerts on standard output, gathered and written in large pieces."""

    def __init__(self, line: Callable[[Alert], str], *, unbuffered: bool) -> None:
        self._line = line
        self._room = 0 if unbuffered or sys.stdout.isatty() else FLUSH_CHARACTERS
        self._waiting: list[str] = []
        self._size = 0

    def print(self, alert: Alert) -> None:
        """Print an alert, sooner or later."""
        line = self._line(alert)
        self._waiting.append(line)
        self._size += len(line)
        if self._size > self._room:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            lines, self._waiting, self._size = self._waiting, [], 0
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()


def _walk(engine: RuleEngine, command: RulesCommand) -> int:
    from csyspy.capture import open_source
    from csyspy.containers import container_of
    from csyspy.engine.gate import Gate
    from csyspy.engine.state import State
    from csyspy.engine.walk import Walker

    sink: Any = engine.sink
    if command.duration_s:
        sink = Gate([sink], duration_ns=command.duration_s * 1_000_000_000)
    state = State()
    state.container_of = container_of
    state.configure(verbose=True)
    state.needs = sink.needs
    source = open_source(command.captures)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Walker(state, source).run([sink])
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        source.close()
    return OK


def statistics(engine: "RuleEngine | AuditEngine") -> list[str]:
    """How often rules fired, by priority and by name (falco: userspace/engine/stats_manager.cpp, format)."""
    by_priority: dict[str, int] = {}
    priorities = {rule.name: rule.priority.label for rule in engine.rules}
    for name, count in engine.fired.items():
        by_priority[priorities[name]] = by_priority.get(priorities[name], 0) + count
    lines = [f"Events detected: {sum(engine.fired.values())}", "Rule counts by severity:"]
    lines += [f"   {label.upper()}: {count}" for label, count in by_priority.items()]
    lines.append("Triggered rules by rule name:")
    return lines + [f"   {name}: {count}" for name, count in engine.fired.items()]
