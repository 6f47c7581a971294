"""All that is known of one alert, as lines to read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from csyspy.rules.alert_groups import Group
from csyspy.rules.alerts import Alert
from csyspy.rules.model import Priority
from csyspy.tui.cells import Cells
from csyspy.tui.collect.verdicts import Part
from csyspy.tui.wrapping import beside, flowing
from csyspy.views.format import UNKNOWN, clock, printable

if TYPE_CHECKING:
    from csyspy.rules.model import Rule

LABEL_CELLS = 11


SIGNS = {
    Priority.EMERGENCY: ("▲", "critical"), Priority.ALERT: ("▲", "critical"), Priority.CRITICAL: ("▲", "critical"),
    Priority.ERROR: ("▲", "critical"), Priority.WARNING: ("■", "warning"), Priority.NOTICE: ("·", "notice"),
}
LOUD = {"critical": "$level-high", "warning": "$level-mid"}
"""Role -> colour outside of lists, where what is no louder has that of notices."""


def sign_of(priority: Priority) -> tuple[str, str]:
    """(sign, role that colours it) of an alert."""
    return SIGNS.get(priority, ("·", "faint"))


def colour_of(priority: Priority) -> str:
    """How loud an alert is where there is room for its sign alone."""
    return LOUD.get(sign_of(priority)[1], "$secondary")


def alert_lines(group: Group, alert: Alert, rule: "Rule | None", width: int, *, cut: bool) -> list[Cells]:
    """What the rule says, since when, where it comes from, its tags, the fields of its output and what it is for, in lines of `width`
    cells. With `cut` each field has one line at most: the output has it whole."""
    lines = beside(_label("Output"), printable(alert.message), width)
    if group.count > 1:
        lines += beside(_label("Times"), f"{group.count:,} from {clock(group.first_ns)} to {clock(group.newest.time_ns)}", width)
    if group.origin:
        lines += beside(_label("From"), printable(group.origin), width)
    tags = alert.tags or (rule.tags if rule is not None else ())
    if tags:
        lines += beside(_label("Tags"), printable(", ".join(tags)), width)
    known = {name: value for name, value in alert.output_fields.items() if name != "evt.time"}
    fields = [(printable(name), UNKNOWN if value is None else printable(str(value))) for name, value in known.items()]
    if fields:
        lines += flowing(_label("Fields"), fields, width, cut=cut)
    if rule is not None and rule.desc:
        lines += beside(_label("About"), printable(rule.desc), width)
    return lines


def condition_lines(parts: Sequence[Part], width: int, *, only_held: bool) -> list[Cells]:
    """The parts of a condition, each below what it belongs to, with whether it held."""
    shown = [part for part in parts if part.held or not only_held]
    lines: list[Cells] = []
    for part in shown:
        sign, role = ("✓ ", "low") if part.held else ("✗ ", "faint")
        head: Cells = [*_label("" if lines else "Condition"), ("  " * part.depth, "text"), (sign, role)]
        lines += beside(head, part.text, width, "text" if part.held else "faint")
    return lines


def condition_note(text: str, width: int) -> list[Cells]:
    """Why nothing is known of the parts of the condition."""
    return beside(_label("Condition"), text, width, "faint")


def _label(text: str) -> Cells:
    return [(f"{text:<{LABEL_CELLS}}", "label")]
