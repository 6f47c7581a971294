"""Alerts of Falco's rules: which rule, how urgent, who; repeats collapse to one line."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from csyspy.rules.alert_groups import Group, hits_of, newest_first
from csyspy.tui.alert_text import sign_of
from csyspy.tui.alert_watch import AlertWatch
from csyspy.tui.cells import Cells
from csyspy.tui.collect.alerts import beat
from csyspy.tui.commands import Command, Need, Place, bindings
from csyspy.tui.frame import State
from csyspy.tui.reading import DRAW_S
from csyspy.tui.screens.alert_commands import AlertCommands
from csyspy.tui.screens.alert_parts import AlertParts
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView
from csyspy.views.format import clock, printable

PRIORITY_CELLS, NARROW_PRIORITY_CELLS, BEAT_CELLS = 16, 11, 12
WIDE_CELLS = 110
"""From here on rules and processes have room for their whole names, and times for all their digits."""


class AlertsScreen(AlertParts, AlertCommands):
    """One line per rule and process, of the rules that run here and of what comes from elsewhere; on a wide screen the rules stand
    beside it, on a tall one all of the selected alert below it. `when_left` is called when it goes."""

    PLACE = Place.ALERTS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.ALERTS)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    DEFAULT_CSS = """
    AlertsScreen #rules { display: none; width: 58; border-right: vkey $border; }
    AlertsScreen.-wide #rules { display: block; }
    AlertsScreen #selected {
        display: none;
        height: 1fr;
        border: round $border;
        border-title-color: $primary;
        border-title-style: bold;
        border-subtitle-color: $faint;
    }
    AlertsScreen.-tall #selected { display: block; }
    AlertsScreen.-tall #alerts { height: auto; min-height: 6; max-height: 55%; }
    """

    def __init__(self, watch: AlertWatch, when_left: Callable[[], object] = lambda: None) -> None:
        super().__init__(watch.feed)
        self.alerts = watch
        self.is_held = False
        self._when_left = when_left
        self._groups: list[Group] = []
        self._hits: list[tuple[str, int, list[tuple[int, int]]]] = []
        self._drawn: object = None
        """What the screen was drawn from last."""
        self._longest = (0, 0)
        """Characters of the longest rule's name, and of the longest process."""
        self._muted: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        with Horizontal():
            yield LinesView(self._rule_line, header=self._rules_header, has_cursor=False, id="rules")
            with Vertical():
                yield LinesView(self._line, header=self._header, when_empty=self._why_empty, id="alerts")
                yield LinesView(self.selected_line, has_cursor=False, id="selected")
        yield KeyBar(self.PLACE, self.why_not)

    @property
    def lines(self) -> LinesView:
        return self.query_one("#alerts", LinesView)

    def on_mount(self) -> None:
        self.lines.focus()
        self.query_one(ContextBar).show_way("Alerts", ())
        self.draw()
        self.set_interval(DRAW_S, self.look)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_selected)

    def on_unmount(self) -> None:
        self._when_left()

    def look(self) -> None:
        """Draw what is new."""
        if not self.is_held and self._drawn != self._fresh():
            self.draw()

    def _fresh(self) -> object:
        return self.alerts.count, self.alerts.state, self.alerts.problem

    def about(self) -> tuple[str, str]:
        return "Alerts", (
            "What Falco's rules say, newest first; the same rule about the same process is one line, ×N times.\n"
            "Alerts of a Falco that runs elsewhere (--from) name where they come from.\n"
            "Enter shows the events around an alert, e which parts of the condition held, w writes the events to a capture,\n"
            "x mutes a rule for now, E writes an exception for it into your rules file.\n"
            "Where there is room, all of the selected alert stands below the list."
        )

    def has_selection(self) -> bool:
        return bool(self._groups)

    def why_not(self, command: Command) -> str:
        if self.alerts.is_watching and Need.SEEK in command.needs:  # the events round alerts are kept
            return "" if self.has_selection() else Need.ROW.value
        return super().why_not(command)

    def draw(self) -> None:
        """Bring the screen up to what was found."""
        self._drawn = self._fresh()
        gathered, selected = self.alerts.gathered(), self.selected()
        self._groups = newest_first(gathered, self._muted)
        self._longest = (
            max((len(group.rule) for group in self._groups), default=0),
            max((len(group.who) for group in self._groups), default=0),
        )
        self._hits = hits_of(gathered)
        self.lines.show_count(len(self._groups))
        self._keep_selection(selected)
        self.query_one("#rules", LinesView).show_count(len(self._hits))
        forgotten = sum(each.forgotten for each in gathered)
        notes = [f"{self.alerts.count:,} alerts of {len(self._hits)} rules"]
        notes += [f"{forgotten:,} oldest forgotten"] * bool(forgotten) + [f"{len(self._muted)} muted"] * bool(self._muted)
        state = State.PAUSED if self.is_held else self.alerts.state
        self.query_one(ContextBar).show(None, state, self.alerts.problem or ", ".join(notes), self.loss())
        self.show_position()
        self.show_selected()

    def _why_empty(self) -> str:
        if self._muted:
            return "all rules that matched are muted; c brings them back"
        return "no rule has matched yet" if self.alerts.is_reading else "no rule matched"

    def _keep_selection(self, selected: Group | None) -> None:
        """The cursor stays on its group while others come before it; at the top it stays at the top, where the newest is."""
        if selected is None or not self.lines.cursor:
            return
        now = next((line for line, group in enumerate(self._groups) if group.key == selected.key), None)
        if now is not None and now != self.lines.cursor:
            self.lines.go(now)

    @on(LinesView.Moved)
    def _moved(self) -> None:
        self.show_selected()

    @on(LinesView.Opened)
    def _opened(self) -> None:
        self.action_command("drill")

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
        sign, role = sign_of(group.newest.priority)
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

    def selected(self) -> Group | None:
        return self._groups[self.lines.cursor] if self.lines.cursor < len(self._groups) else None

    # commands on the list

    def command_pause(self) -> None:
        self.is_held = not self.is_held
        self.draw()

    def command_mute(self) -> None:
        group = self.selected()
        if group is not None:
            self._muted |= {group.rule}
            self.notify(f"{group.rule} is muted until you leave; c brings all rules back", timeout=3, markup=False)
            self.draw()

    def command_unmute(self) -> None:
        self._muted = frozenset()
        self.draw()


def _cut(text: str, cells: int) -> str:
    return f"{text if len(text) <= cells else text[: cells - 1] + '…':<{cells}}"
