"""Which parts of a rule's condition held for an alert: below the list, and on a page of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import work
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.rules.alert_groups import Group
from csyspy.rules.alerts import Alert
from csyspy.tui.alert_text import alert_lines, condition_lines, condition_note
from csyspy.tui.cells import Cells
from csyspy.tui.collect.verdicts import Part, VerdictCollector
from csyspy.tui.frame import Feed, Window
from csyspy.tui.screens.alert_commands import AlertCommands
from csyspy.tui.screens.page import PageScreen
from csyspy.tui.widgets.lines import MARKER_WIDTH, LinesView
from csyspy.views.format import printable

if TYPE_CHECKING:
    from csyspy.rules.model import Rule

SCROLLBAR_CELLS = 1
REST_S = 0.25
"""The cursor has to rest for so long before the event of its alert is looked for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The condition of a rule as it was for one alert."""

    key: tuple[str, str, str]
    """Of the group."""
    alert: Alert
    """That of which it is known: not always the newest."""
    parts: Sequence[Part]


class AlertParts(AlertCommands):
    """The command `condition`, and the pane that says all about the selected alert."""

    _judged: Judged | None = None
    _lines: Sequence[Cells] = ()
    _shown: object = None
    """What these lines were made of."""

    @property
    def _pane(self) -> LinesView:
        return self.query_one("#selected", LinesView)

    def selected_line(self, number: int) -> Cells:
        """A line of the pane."""
        return self._lines[number]

    def show_selected(self) -> None:
        """Bring the pane up to the selected alert; its condition is looked through once the cursor rests."""
        pane, group = self._pane, self.selected()
        if not pane.display:
            return
        judged = self._judged if group is not None and self._judged is not None and self._judged.key == group.key else None
        of = (group and group.key, group and group.count, judged, pane.size.width)
        if of == self._shown:
            return
        is_other = not isinstance(self._shown, tuple) or self._shown[0] != of[0]
        self._shown = of
        self._lines = self._about_group(group, judged, pane.size.width - MARKER_WIDTH - SCROLLBAR_CELLS) if group is not None else ()
        pane.border_title = printable(group.rule) if group is not None else ""
        pane.border_subtitle = "Enter events  e whole condition  E exception" if group is not None else ""
        pane.show_count(len(self._lines))
        if is_other:
            pane.scroll_to(y=0, animate=False, immediate=True)
            if group is not None and judged is None and not self._why_not_judged(group):
                self.set_timer(REST_S, partial(self._rested, group.key))

    def _about_group(self, group: Group, judged: Judged | None, width: int) -> list[Cells]:
        lines = alert_lines(group, group.newest, self._rule(group), width, cut=True)
        if judged is not None:
            return lines + condition_lines(judged.parts, width, only_held=True)
        reason = self._why_not_judged(group)
        return lines + (condition_note(reason, width) if reason else [])

    def _rule(self, group: Group) -> "Rule | None":
        """The rule that fired, where it ran here."""
        return self.alerts.rule(group.rule) if not group.origin else None

    def _why_not_judged(self, group: Group) -> str:
        """Why it cannot be known which parts held; empty where it may be."""
        if group.origin:
            return f"the rule ran elsewhere ({group.origin}): which parts held is known there only"
        return "" if self._rule(group) is not None else "the rule is not there any more"

    def _rested(self, key: tuple[str, str, str]) -> None:
        group = self.selected()
        place = self.place(group) if group is not None and group.key == key and not self.why_no_events(group) else None
        if group is not None and place is not None:
            self._judge(group, *place, self._show_judged)

    def _show_judged(self, judged: Judged) -> None:
        self._judged = judged
        self.show_selected()

    def command_condition(self) -> None:
        group = self.selected()
        if group is None:
            return
        if self._judged is not None and self._judged.key == group.key:
            self._open_page(self._judged)
            return
        reason = self._why_not_judged(group)
        if reason:
            self.notify(reason, severity="warning", markup=False)
        elif (place := self.place_or_say(group)) is not None:
            self._judge(group, *place, self._open_page)

    @work(thread=True, exclusive=True, group="condition", exit_on_error=False)
    def _judge(self, group: Group, feed: Feed, alert: Alert, use: Callable[[Judged], None]) -> None:
        """Look through the condition for the event of an alert, and have the result used."""
        rule = self._rule(group)
        if rule is None:
            return
        worker = get_current_worker()
        is_it = f"evt.num={alert.event}" if feed is self.feed else f"evt.rawtime={alert.time_ns} and thread.tid={alert.tid}"
        verdicts = VerdictCollector(rule.tree, is_it)
        window = Window(alert.time_ns, alert.time_ns + 1)
        try:
            feed.walk(verdicts.sinks, window, lambda: worker.is_cancelled or verdicts.is_full, lambda state: None)
        except CsyspyError as error:
            self.app.call_from_thread(self.notify, error.message, severity="error", markup=False)
        if not worker.is_cancelled:
            self.app.call_from_thread(use, Judged(group.key, alert, verdicts.parts))

    def _open_page(self, judged: Judged) -> None:
        group = self.selected()
        rule = self._rule(group) if group is not None else None
        if group is None or rule is None or group.key != judged.key:
            return
        width = max(self.size.width - 8, 40)
        lines = alert_lines(group, judged.alert, rule, width, cut=False)
        lines += [[], [("✓ held for this event, ✗ did not", "faint")], *condition_lines(judged.parts, width, only_held=False)]
        self.app.push_screen(PageScreen(self.feed, f"Rule: {group.rule}", lines))
