"""`csyspy rules -r … [-e …]`: run rules over captures or on the running kernel, and hand on the alerts."""

import gc
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from csyspy.cli.exits import INTERRUPTED, OK
from csyspy.cli.rules_command import RulesCommand
from csyspy.cli.rules_delivery import Delivery
from csyspy.errors import CsyspyError
from csyspy.rules.alerts import Alert
from csyspy.rules.engine import EngineOptions, RuleEngine, conditions_of
from csyspy.rules.model import K8S_AUDIT, SYSCALL, LoadResult, Rule
from csyspy.rules.settings import CaptureSettings, Settings, enabled_rules

if TYPE_CHECKING:
    from csyspy.cli.rules_feeds import Feeds
    from csyspy.events.kernel_filter import KernelFilter
    from csyspy.rules.audit import AuditEngine

BEFORE_S = 5
"""So much before an alert is kept for rules with `capture: true`."""
BEHIND_MS = 1000
"""So much behind an alert --capture-on-alert keeps."""

Reload = Callable[[], tuple[Settings, LoadResult] | None]
"""Loads settings and rules anew; None where they are wrong, which has been said then."""


def run(command: RulesCommand, settings: Settings, loaded: LoadResult, reload: Reload | None = None) -> int:
    """Run what was loaded; the exit code. Raises CsyspyError for what is wrong, after the alerts before it were printed."""
    return _Run(command, settings, loaded, reload).go()


def run_feeds(command: RulesCommand, settings: Settings, loaded: LoadResult) -> int:
    """Hand on the alerts of feeds, and of audit rules on their events, without looking at any system call; the exit code."""
    from csyspy.cli.rules_feeds import Feeds, run_alone

    delivery = Delivery(command, settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        audit = audit_engine(command, settings, loaded, delivery.receive)
        feeds = Feeds(command.feeds, command.feed_token, delivery.receive, audit.feed if audit is not None else None)
        return run_alone(feeds, delivery.flush, command.duration_s)
    finally:
        delivery.close()


def audit_engine(command: RulesCommand, settings: Settings, loaded: LoadResult, receive: Callable[[Alert], object]) -> "AuditEngine | None":
    """The engine of the audit rules; None where there are none."""
    rules = [rule for rule in chosen_rules(command, settings, loaded) if rule.source == K8S_AUDIT]
    if not rules:
        return None
    from csyspy.rules.audit import AuditEngine

    return AuditEngine(rules, receive, engine_options(command, settings))


class _Run:
    """One pass over the captures, or one watch on the kernel."""

    def __init__(self, command: RulesCommand, settings: Settings, loaded: LoadResult, reload: Reload | None) -> None:
        from csyspy.containers import container_of
        from csyspy.engine.state import State
        from csyspy.engine.walk import Walker

        self.command = command
        self.settings = settings
        self.live = not command.captures
        self.delivery = Delivery(command, settings)
        self.feeds = self._feeds(loaded) if command.feeds else None
        self.reload = reload if self.live else None
        self.reloading = self._reloading(loaded)
        self.engine = self._engine(loaded)
        self.captures = _captures(command, settings)
        self.fired: dict[str, int] = {}
        state = State()
        state.configure(verbose=True, buffer_format="base64" if settings.buffer_format_base64 else "dots")
        state.needs = self._needs()
        self.source: Any = self._open()
        state.container_of = getattr(self.source, "container_of", container_of)
        self.walker: Any = Walker(state, self.source)
        gc.freeze()  # rules stay: no collection need look through them again

    def _needs(self) -> int:
        needs: int = self.engine.sink.needs
        return needs | self.captures.recent.sink.needs if self.captures is not None else needs

    def _sinks(self) -> list[Any]:
        return [self.engine.sink] if self.captures is None else [self.captures.recent.sink, self.engine.sink]

    def _engine(self, loaded: LoadResult) -> RuleEngine:
        return rule_engine(self.command, self.settings, loaded, self._receive)

    def _receive(self, alert: Alert) -> None:
        if self.captures is not None:
            self.captures.take(alert, self.engine.rule(alert.rule))
        self._deliver(alert)

    def _deliver(self, alert: Alert) -> None:
        self.delivery.receive(alert)

    def _feeds(self, loaded: LoadResult) -> "Feeds":
        from csyspy.cli.rules_feeds import Feeds

        command, receive = self.command, self._deliver
        audit = audit_engine(command, self.settings, loaded, receive)
        return Feeds(command.feeds, command.feed_token, receive, audit.feed if audit is not None else None)

    def _open(self) -> Any:
        if not self.live:
            from csyspy.capture import open_source

            return open_source(self.command.captures)
        self.kernel_filter = self._kernel_filter()
        return _Attentive(self._open_live(), self._between)

    def _open_live(self) -> Any:
        from csyspy.cli.command import Command
        from csyspy.cli.live_stream import open_live

        asked = self.command
        live = Command(
            duration_s=asked.duration_s,
            cri=asked.cri,
            docker_host=asked.docker_host,
            kubeconfig=asked.kubeconfig,
            node_name=asked.node_name,
        )
        return open_live(live, kernel_filter=self.kernel_filter, needs=self._needs())

    def _kernel_filter(self) -> "KernelFilter | None":
        """What the kernel may leave out: nothing where all events round an alert are wanted."""
        if self.captures is not None:
            return None
        from csyspy.filters.kernel_split import split, union

        return union(split(rule.tree) for rule in self.engine.rules)

    def _between(self) -> None:
        """What has to be done while no event is in hand."""
        self.delivery.flush()
        found = self.reloading.due() if self.reloading is not None else None
        if found is None:
            return
        settings, loaded = found
        self._count()
        if settings != self.settings:
            self._use(settings)
        self.reloading = self._reloading(loaded)
        self.engine = self._engine(loaded)
        self.walker.state.needs |= self._needs()
        self.walker.attach(self._sinks())
        wanted = self._kernel_filter()
        if wanted != self.kernel_filter:
            self.kernel_filter = wanted
            self._report()
            self.source.replace(self._open_live())

    def _use(self, settings: Settings) -> None:
        """Go on with other settings; alerts that are on their way reach the channels of those before."""
        try:
            delivery = Delivery(self.command, settings)
        except CsyspyError as error:
            print(f"csyspy: {error.message}; the outputs before stay in force", file=sys.stderr)
            return
        before, self.delivery = self.delivery, delivery
        self.settings = settings
        threading.Thread(target=before.close, name="outputs before").start()  # a receiver may be slow, and events wait

    def _reloading(self, loaded: LoadResult) -> "_Reloading | None":
        if self.reload is None:
            return None
        places = [*self.command.rules_files, *self.settings.rules_files, *self.settings.files, *(file.name for file in loaded.files)]
        return _Reloading(places if self.settings.watch_config_files else (), self.reload)

    def _count(self) -> None:
        for name, count in self.engine.fired.items():
            self.fired[name] = self.fired.get(name, 0) + count

    def _report(self) -> None:
        """Say of the kernel as a source what it lost, since alerts may be missing then."""
        if self.live:
            from csyspy.cli.live_stream import report

            report(self.source)

    def go(self) -> int:
        """Walk, then close everything and say what was counted."""
        from csyspy.engine.gate import Gate

        sinks = self._sinks()
        if self.command.duration_s and not self.live:
            sinks = [Gate(sinks, duration_ns=self.command.duration_s * 1_000_000_000)]
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if self.feeds is not None:
            self.feeds.start()
        try:
            self.walker.run(sinks)
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            self._report()
            self.source.close()
            if self.feeds is not None:
                self.feeds.stop()
            self.delivery.close()
            if self.captures is not None:
                self.captures.report()
            self._count()
            if self.command.stats:
                for line in statistics(self.engine.rules, self.fired):
                    print(line, file=sys.stderr)
        return OK


def _captures(command: RulesCommand, settings: Settings) -> "_AlertCaptures | None":
    if command.capture_s:
        return _AlertCaptures(settings.capture, command.capture_prefix or "csyspy-alert", command.capture_s, every=True)
    if settings.capture.enabled:
        return _AlertCaptures(settings.capture, command.capture_prefix or settings.capture.path_prefix, BEFORE_S, every=False)
    return None


class _AlertCaptures:
    """Captures that alerts begin: of every rule, or of those with `capture: true` where the settings say so."""

    def __init__(self, settings: CaptureSettings, prefix: str, before_s: int, *, every: bool) -> None:
        from csyspy.capture.recent import Recent

        self._settings = settings
        self._prefix = prefix
        self._every = every
        self.recent = Recent(before_s * 1_000_000_000, most_bytes=settings.max_file_size_mb * 1_000_000)

    def take(self, alert: Alert, rule: Rule) -> None:
        """Write the events round an alert, where its rule wants that."""
        if self._every:
            behind_ms = BEHIND_MS
        elif rule.capture or self._settings.mode == "all_rules":
            behind_ms = rule.capture_duration_ms or self._settings.default_duration_ms
        else:
            return
        self.recent.keep(f"{self._prefix}_{alert.time_ns}_{alert.event}.scap", alert.time_ns, behind_ms * 1_000_000)

    def report(self) -> None:
        """Say what was written."""
        recent = self.recent
        for path in recent.files:
            print(f"csyspy: events round an alert: {path}", file=sys.stderr)
        if recent.problem:
            print(f"csyspy: {recent.problem}", file=sys.stderr)
        if recent.left_out:
            print(f"csyspy: {recent.left_out} more captures were left out, since there are {len(recent.files)}", file=sys.stderr)


class _Attentive:
    """A source that lets something be done before it is waited for."""

    def __init__(self, source: Any, before: Callable[[], None]) -> None:
        self._source = source
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def replace(self, source: Any) -> None:
        """Go on with another source, whose beginning is a section of its own."""
        old, self._source = self._source, source
        old.close()

    def read(self) -> memoryview | None:
        """The next chunk of the source."""
        self._before()
        chunk: memoryview | None = self._source.read()
        return chunk


class _Reloading:
    """When rules are loaded anew: on SIGHUP, and where one of `places` has changed."""

    def __init__(self, places: Sequence[str], reload: Reload) -> None:
        from csyspy.rules.watch import FileWatch

        self._reload = reload
        self._asked = False
        self._watch = FileWatch(dict.fromkeys(places))
        signal.signal(signal.SIGHUP, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True

    def due(self) -> tuple[Settings, LoadResult] | None:
        """What was loaded anew; None where there is nothing new, or nothing that can run."""
        if not self._asked and not self._watch.changed():
            return None
        self._asked = False
        found = self._reload()
        print(f"csyspy: {'rules loaded anew' if found is not None else 'the rules before stay in force'}", file=sys.stderr)
        return found


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
        directions="all" if command.all_events else "exit" if command.exit_events else "auto" if command.captures else "once",
        # JSON goes to other machines, and a time of day says little there
        iso_time=settings.time_format_iso_8601 or command.json or settings.json_output,
        static_fields=settings.static_fields,
        fields=command.json or settings.json_output or settings.http_output is not None,
    )


def statistics(rules: "tuple[Rule, ...]", fired: dict[str, int]) -> list[str]:
    """How often rules fired, by priority and by name (falco: userspace/engine/stats_manager.cpp, format)."""
    by_priority: dict[str, int] = {}
    priorities = {rule.name: rule.priority.label for rule in rules}
    for name, count in fired.items():
        label = priorities.get(name, "no longer loaded")
        by_priority[label] = by_priority.get(label, 0) + count
    lines = [f"Events detected: {sum(fired.values())}", "Rule counts by severity:"]
    lines += [f"   {label.upper()}: {count}" for label, count in by_priority.items()]
    lines.append("Triggered rules by rule name:")
    return lines + [f"   {name}: {count}" for name, count in fired.items()]
