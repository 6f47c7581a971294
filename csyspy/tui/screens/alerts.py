"""Alerts of Falco's rules: which rule, how urgent, who; repeats collapse to one line."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.filters.passing import Passing, passing_any
from csyspy.rules.alert_groups import AlertGroups, Group, hits_of, newest_first
from csyspy.rules.alerts import Alert
from csyspy.rules.loader import load_or_raise
from csyspy.rules.model import SYSCALL, LoadResult, Priority
from csyspy.rules.watch import FileWatch
from csyspy.tui.alert_events import AROUND_NS, AlertEvents
from csyspy.tui.cells import Cells
from csyspy.tui.collect.alerts import AlertCollector, beat
from csyspy.tui.collect.verdicts import VerdictCollector
from csyspy.tui.commands import Command, Need, Place, bindings
from csyspy.tui.exceptions import append_stanza, exception_stanza
from csyspy.tui.frame import Can, Feed, Window
from csyspy.tui.received import Received
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.screens.page import PageScreen
from csyspy.tui.screens.prompt import Confirm
from csyspy.tui.screens.searching import Searching
from csyspy.tui.screens.stream import DRAW_S, Collector, StreamScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView
from csyspy.views.format import clock, printable

SIGNS = {
    Priority.EMERGENCY: ("▲", "critical"), Priority.ALERT: ("▲", "critical"), Priority.CRITICAL: ("▲", "critical"),
    Priority.ERROR: ("▲", "critical"), Priority.WARNING: ("■", "warning"), Priority.NOTICE: ("·", "notice"),
}
WATCH_S = 1.0
"""How often the rules files are looked at."""
PRIORITY_CELLS, NARROW_PRIORITY_CELLS, BEAT_CELLS = 16, 11, 12
WIDE_CELLS = 110
"""From here on rules and processes have room for their whole names, and times for all their digits."""


class AlertsScreen(Searching, StreamScreen):
    """One line per rule and process, of the rules that run here and of `received`; on a wide screen the rules stand beside it."""

    PLACE = Place.ALERTS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.ALERTS)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
    DEFAULT_CSS = """
    AlertsScreen #rules { display: none; width: 58; border-right: vkey $border; }
    AlertsScreen.-wide #rules { display: block; }
    """
    heading = "Alerts"

    def __init__(
        self,
        feed: Feed,
        loaded: LoadResult,
        rules_files: Sequence[str],
        window: Window | None,
        note_times: Callable[[tuple[int, ...]], None],
        received: Received | None = None,
    ) -> None:
        super().__init__(feed, "", "", (), window)
        self._loaded = loaded
        self._rules_files = rules_files
        self._carried: AlertGroups | None = None
        """Alerts of rules that were loaded anew since."""
        self._note_times = note_times
        self._found: AlertCollector | None = None
        self._events: AlertEvents | None = None
        """Of a live watch, which has no past to go to."""
        self._groups: list[Group] = []
        self._hits: list[tuple[str, int, list[tuple[int, int]]]] = []
        self._received = received
        self._drawn_count = -1
        self._longest = (0, 0)
        """Characters of the longest rule's name, and of the longest process."""
        self._muted: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        with Horizontal():
            yield LinesView(self._rule_line, header=self._rules_header, id="rules")
            yield LinesView(self._line, header=self._header, id="alerts")
        yield KeyBar(self.PLACE, self.why_not)

    @property
    def lines(self) -> LinesView:
        return self.query_one("#alerts", LinesView)

    def on_mount(self) -> None:
        self.query_one("#rules", LinesView).can_focus = False
        self.lines.focus()
        super().on_mount()
        if self._received is not None:
            self.set_interval(DRAW_S, self._look)
        if self._is_watching:
            watch = FileWatch(self._rules_files)
            self.set_interval(WATCH_S, lambda: self._load_again() if watch.changed() else None)

    @work(thread=True, exclusive=True, group="rules", exit_on_error=False)
    def _load_again(self) -> None:
        """The files have changed: go on with what they say now. Where they are wrong, the rules before stay in force."""
        try:
            loaded = load_or_raise(self._rules_files)
        except CsyspyError as error:
            message = f"{error.message}; the rules before stay in force"
            self.app.call_from_thread(self.notify, message, title="Rules", severity="error", markup=False)
            return
        self.app.call_from_thread(self._go_on_with, loaded)

    def _go_on_with(self, loaded: LoadResult) -> None:
        self._loaded = loaded
        self._carried = self._found.alerts if self._found is not None else None
        self.start()
        self.notify("the files have changed", title="Rules loaded anew", timeout=3, markup=False)

    def on_unmount(self) -> None:
        if self._events is not None:
            self._events.close()

    def _look(self) -> None:
        """Draw what came since."""
        if not self.is_held and self._drawn_count != sum(each.count for each in self._gathered()):
            self.draw()

    def _gathered(self) -> list[AlertGroups]:
        own = [self._found.alerts] if self._found is not None else []
        return own + ([self._received.alerts] if self._received is not None else [])

    def about(self) -> tuple[str, str]:
        return "Alerts", (
            "What Falco's rules say, newest first; the same rule about the same process is one line, ×N times.\n"
            "Alerts of a Falco that runs elsewhere (--from) name where they come from.\n"
            "Enter shows the events around an alert, e which parts of the condition held, w writes the events to a capture,\n"
            "x mutes a rule for now, E writes an exception for it into your rules file."
        )

    def has_selection(self) -> bool:
        return bool(self._groups)

    @property
    def _is_watching(self) -> bool:
        return self.is_endless and Can.EVENTS in self.feed.can

    def why_not(self, command: Command) -> str:
        if self._is_watching and Need.SEEK in command.needs:  # the events round alerts are kept
            return "" if self.has_selection() else Need.ROW.value
        return super().why_not(command)

    def collector(self) -> AlertCollector:
        if self._events is not None:
            self._events.close()
        self._events = AlertEvents() if self._is_watching else None
        carried, self._carried = self._carried, None
        self._found = AlertCollector(self._loaded, self.feed.directions, self._events, carried)
        return self._found

    def walk(self, collector: Collector, is_cancelled: Callable[[], bool], tell: Callable[[Any], None]) -> None:
        assert isinstance(collector, AlertCollector)

        def learn_and_tell(state: Any) -> None:
            collector.learn(state)
            tell(state)

        super().walk(collector, is_cancelled, learn_and_tell)

    def passing(self, collector: Collector) -> Passing:
        assert isinstance(collector, AlertCollector)
        return passing_any((rule.tree for rule in collector.rules.values()), switches=False)

    def draw(self) -> None:
        gathered = self._gathered()
        count = self._drawn_count = sum(each.count for each in gathered)
        selected = self._selected()
        self._groups = newest_first(gathered, self._muted)
        self._longest = (
            max((len(group.rule) for group in self._groups), default=0),
            max((len(group.who) for group in self._groups), default=0),
        )
        self._hits = hits_of(gathered)
        self.lines.show_count(len(self._groups))
        self._keep_selection(selected)
        self.query_one("#rules", LinesView).show_count(len(self._hits))
        self._note_times(tuple(time_ns for _, _, times in self._hits for time_ns, _ in times))
        forgotten = sum(each.forgotten for each in gathered)
        notes = [f"{count:,} alerts of {len(self._hits)} rules"]
        notes += [f"{forgotten:,} oldest forgotten"] * bool(forgotten) + [f"{len(self._muted)} muted"] * bool(self._muted)
        self.query_one(ContextBar).show(None, self.state, self.problem or ", ".join(notes))
        self.query_one(KeyBar).show_position(f"{min(self.lines.cursor + 1, len(self._groups)):,}/{len(self._groups):,}")

    def _keep_selection(self, selected: Group | None) -> None:
        """The cursor stays on its group while others come before it; at the top it stays at the top, where the newest is."""
        if selected is None or not self.lines.cursor:
            return
        now = next((line for line, group in enumerate(self._groups) if group.key == selected.key), None)
        if now is not None and now != self.lines.cursor:
            self.lines.go(now)

    # drawing

    @property
    def _is_wide(self) -> bool:
        return self.lines.size.width >= WIDE_CELLS

    def _widths(self) -> tuple[int, int, int]:
        """Cells of priority, rule and process: no more than the longest needs."""
        rule, who = (38, 26) if self._is_wide else (24, 14)
        longest_rule, longest_who = self._longest
        priority = PRIORITY_CELLS if self._is_wide else NARROW_PRIORITY_CELLS
        return priority, max(min(rule, longest_rule), len("RULE")), max(min(who, longest_who), len("WHO"))

    def _header(self, width: int) -> Cells:
        priority, rule, who = self._widths()
        head = "PRIORITY" if self._is_wide else "PRIO"
        text = f"  {'TIME':<{15 if self._is_wide else 8}} {head:<{priority}}{'RULE':<{rule}} {'WHO':<{who}} OUTPUT"
        return [(text.ljust(width), "header")]

    def _line(self, number: int) -> Cells:
        group = self._groups[number]
        sign, role = SIGNS.get(group.newest.priority, ("·", "faint"))
        priority, rule, who = self._widths()
        label = group.newest.priority.label
        times = f"×{group.count:,} since {clock(group.first_ns)[:8]} " if group.count > 1 else ""
        origin = f"from {printable(group.origin)} " if group.origin else ""
        return [
            (clock(group.newest.time_ns)[: 15 if self._is_wide else 8] + " ", "text"),
            (f"{sign} {label[: priority - 3]:<{priority - 2}}", role),
            (f"{_cut(printable(group.rule), rule)} ", "name"),
            (f"{_cut(printable(group.who), who)} ", "key"),
            (origin, "label"),
            (times, "large"),
            (printable(group.newest.message), "text"),
        ]

    def _rules_header(self, width: int) -> Cells:
        return [(f"  {'HITS':>6} {'WHEN':<{BEAT_CELLS}}  RULE".ljust(width), "header")]

    def _rule_line(self, number: int) -> Cells:
        rule, count, times_ns = self._hits[number]
        index = self.feed.index
        start_ns, end_ns = (index.start_ns, index.end_ns) if index.events else (times_ns[0][0], times_ns[-1][0] + 1)
        muted = rule in self._muted
        return [
            (f"{count:>6,} ", "faint" if muted else "large"),
            (beat(times_ns, start_ns, end_ns, BEAT_CELLS), "mid"),
            (f"  {printable(rule)}", "gone" if muted else "text"),
        ]

    @property
    def line_count(self) -> int:
        return len(self._groups)

    def line_text(self, line: int) -> str:
        group = self._groups[line]
        return f"{group.rule} {group.who} {group.origin} {group.newest.output}"

    # commands

    def _selected(self) -> Group | None:
        return self._groups[self.lines.cursor] if self.lines.cursor < len(self._groups) else None

    @on(LinesView.Opened)
    def _opened(self) -> None:
        self.action_command("drill")

    def command_drill(self) -> None:
        group = self._selected()
        if group is None or not self._has_events(group):
            return
        crumbs, place = (group.rule, group.who), self._place(group)
        if place is None:
            self.app.push_screen(DigScreen(self.feed, _process_filter(group.newest), "", crumbs, None))
            return
        feed, alert = place
        self.app.push_screen(DigScreen(feed, _process_filter(alert), "", crumbs, _around(alert), alert.time_ns))

    def _place(self, group: Group) -> tuple[Feed, Alert] | None:
        """An alert of the group and where the events round it are; None where they are gone, or were never here."""
        if not self.is_endless:
            return self.feed, group.newest
        kept = self._events.of(group) if self._events is not None else None
        try:
            return (ReplayFeed(kept.path), kept.alert) if kept is not None else None
        except CsyspyError:
            return None

    def _place_or_say(self, group: Group) -> tuple[Feed, Alert] | None:
        place = self._place(group)
        if place is None:
            self.notify("the events round it were not kept", severity="warning", timeout=5, markup=False)
        return place

    def _has_events(self, group: Group) -> bool:
        """Whether there may be events round it here; says why where there are none."""
        index, time_ns = self.feed.index, group.newest.time_ns
        reason = ""
        if group.newest.source != SYSCALL:
            reason = f"events of the source {group.newest.source} belong to no process: the view Kubernetes Audit tells who did what"
        elif Can.EVENTS not in self.feed.can:
            reason = "this source has no events: it reads /proc"
        elif not self.is_endless and index.events and not index.start_ns - AROUND_NS <= time_ns <= index.end_ns + AROUND_NS:
            reason = f"{self.feed.source} has no events of that time"
        if reason:
            self.notify(reason, severity="warning", timeout=5, markup=False)
        return not reason

    def command_copy(self) -> None:
        group = self._selected()
        if group is not None:
            self.app.copy_to_clipboard(group.newest.output)
            self.notify(group.newest.output, title="Copied", timeout=3, markup=False)

    def command_mute(self) -> None:
        group = self._selected()
        if group is not None:
            self._muted |= {group.rule}
            self.notify(f"{group.rule} is muted until you leave; c brings all rules back", timeout=3, markup=False)
            self.draw()

    def command_unmute(self) -> None:
        self._muted = frozenset()
        self.draw()

    def command_condition(self) -> None:
        group = self._selected()
        if group is None or self._found is None:
            return
        if group.origin:
            self.notify(f"the rule ran elsewhere ({group.origin}): which parts held is known there only", severity="warning", markup=False)
        elif (place := self._place_or_say(group)) is not None:
            feed, alert = place
            is_it = f"evt.num={alert.event}" if feed is self.feed else f"evt.rawtime={alert.time_ns} and thread.tid={alert.tid}"
            self._ask_parts(group, feed, alert, VerdictCollector(self._found.rules[group.rule].tree, is_it))

    @work(thread=True, exclusive=True, group="condition", exit_on_error=False)
    def _ask_parts(self, group: Group, feed: Feed, alert: Alert, verdicts: VerdictCollector) -> None:
        worker = get_current_worker()
        window = Window(alert.time_ns, alert.time_ns + 1)
        try:
            feed.walk(verdicts.sinks, window, lambda: worker.is_cancelled or verdicts.is_full, lambda state: None)
        except CsyspyError as error:
            self.app.call_from_thread(self.notify, error.message, severity="error", markup=False)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show_parts, group, alert, verdicts)

    def _show_parts(self, group: Group, alert: Alert, verdicts: VerdictCollector) -> None:
        assert self._found is not None
        rule = self._found.rules[group.rule]
        width = max(self.size.width - 8, 40)
        lines: list[Cells] = [[(line, "text")] for line in wrap(rule.desc, width)]
        lines += [[], [("Condition", "label"), ("   ✓ held for this event, ✗ did not", "faint")]]
        for part in verdicts.parts:
            sign, role = ("✓ ", "low") if part.held else ("✗ ", "faint")
            lines.append([("  " * (part.depth + 1), "text"), (sign, role), (part.text, "text" if part.held else "faint")])
        lines += [[], [("Output", "label")], *([("  " + line, "text")] for line in wrap(printable(alert.output), width))]
        if rule.tags:
            lines += [[], [("Tags", "label")], [("  " + ", ".join(rule.tags), "text")]]
        self.app.push_screen(PageScreen(self.feed, f"Rule: {group.rule}", lines))

    def command_save_events(self) -> None:
        group = self._selected()
        place = self._place_or_say(group) if group is not None and self._has_events(group) else None
        if place is not None:
            feed, alert = place
            self._save(feed, Path(f"csyspy-alert-{alert.event or alert.time_ns}.scap").absolute(), _around(alert))

    @work(thread=True, group="save", exit_on_error=False)
    def _save(self, feed: Feed, path: Path, window: Window) -> None:
        try:
            count = feed.save(str(path), window)
        except CsyspyError as error:
            self.app.call_from_thread(self.notify, error.message, severity="error", markup=False)
            return
        self.app.call_from_thread(self.notify, str(path), title=f"{count:,} events written", markup=False)

    def command_exception(self) -> None:
        group = self._selected()
        if group is None:
            return
        stanza = exception_stanza(group.newest)
        if not stanza:
            self.notify("the rule's output has no field to tell this cause from others", severity="warning")
            return
        path = local_rules_path()
        self.app.push_screen(Confirm(f"Append to {path}", stanza), partial(self._write_exception, path, stanza))

    def _write_exception(self, path: Path, stanza: str, yes: bool | None) -> None:
        if not yes:
            return
        try:
            append_stanza(path, stanza)
        except OSError as error:
            self.notify(f"{path}: {error.strerror}", severity="error", markup=False)
            return
        self.notify(f"{path}; load it behind the rules it changes", title="Exception written", markup=False)


def local_rules_path() -> Path:
    """The user's own rules file: ~/.config/csyspy/rules.local.yaml."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "csyspy" / "rules.local.yaml"


def _around(alert: Alert) -> Window:
    return Window(alert.time_ns - AROUND_NS, alert.time_ns + AROUND_NS)


def _process_filter(alert: Alert) -> str:
    pid = alert.output_fields.get("proc.pid")
    name = alert.output_fields.get("proc.name")
    if alert.origin and not isinstance(pid, int) and isinstance(name, str) and name.isprintable() and '"' not in name:
        return f'proc.name="{name}"'
    return f"proc.pid={pid}" if isinstance(pid, int) else f"thread.tid={alert.tid}" if alert.tid >= 0 else ""


def _cut(text: str, cells: int) -> str:
    return f"{text if len(text) <= cells else text[: cells - 1] + '…':<{cells}}"
