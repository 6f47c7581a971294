"""Text to read: help, legend, messages."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from csyspy.tui.cells import Cells
from csyspy.tui.commands import COMMANDS, MOVES, Place, bindings, key_text
from csyspy.tui.frame import Feed
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.screens.searching import Searching
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView
from csyspy.tui.wrapping import beside, wrapped
from csyspy.views.format import printable
from csyspy.views.view import View

KEY_CELLS = 16


class PageScreen(Searching):
    """Shows lines of (text, role)."""

    PLACE = Place.PAGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.PAGE)
    DEFAULT_CSS = """
    PageScreen #title { height: 1; background: $panel; color: $primary; text-style: bold; }
    """

    def __init__(self, feed: Feed, title: str, lines: list[Cells]) -> None:
        super().__init__(feed)
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        yield Static(f" {self._title}", id="title", markup=False)
        yield LinesView(lambda line: self._lines[line])
        yield KeyBar(self.PLACE, self.why_not)

    def on_mount(self) -> None:
        view = self.query_one(LinesView)
        view.show_count(len(self._lines))
        view.focus()
        self.show_position()

    @property
    def line_count(self) -> int:
        return len(self._lines)

    def line_text(self, line: int) -> str:
        return "".join(text for text, _ in self._lines[line])


def help_page(screen: CommandScreen) -> PageScreen:
    """The keys of a screen, from the table of commands; what it shows stands above them."""
    title, about = screen.about()
    lines: list[Cells] = []
    if about:
        lines += [*wrapped(about, screen.size.width - 6), []]
    here = [command for command in COMMANDS if command.places & screen.PLACE]
    keys: dict[str, list[str]] = {}
    for key, active in screen.active_bindings.items():
        keys.setdefault(active.binding.id or "", []).append(key)
    for group in dict.fromkeys(command.group for command in here):
        lines.append([(group, "label")])
        for command in here:
            if command.group == group and command.number <= 1:
                shown = key_text(",".join(keys.get(command.id, ()))) + (" …" if command.number else "")
                reason = screen.why_not(command)
                about = f"{command.help}  ({reason})" if reason else command.help
                lines += beside([(f"  {shown:<{KEY_CELLS}}", "key")], about, screen.size.width - 4, "faint" if reason else "text")
        lines.append([])
    lines.append([("Move", "label")])
    for id_, *_ in MOVES:
        lines.append([(f"  {key_text(','.join(keys.get(id_, ()))):<{KEY_CELLS}}", "key"), (id_.replace("-", " "), "text")])
    return PageScreen(screen.feed, f"Help: {title}", lines)


def legend_page(screen: CommandScreen, view: View) -> PageScreen:
    """What a view and its columns mean (csysdig's F7)."""
    lines: list[Cells] = [*wrapped(view.description, screen.size.width - 6), []]
    if view.tips:
        lines += [[("Tips", "label")], *(line for tip in view.tips for line in wrapped(tip, screen.size.width - 6)), []]
    lines.append([("Columns", "label")])
    for column in view.columns:
        if column.shown:
            lines += beside([(f"  {column.name:<14}", "key"), (f"{column.field:<24}", "faint")], column.legend, screen.size.width - 4)
    lines += [[], [("Filter", "label")], [("  " + (view.filter or "none"), "text")]]
    return PageScreen(screen.feed, f"Legend: {view.name}", lines)


def log_page(screen: CommandScreen) -> PageScreen:
    """What was said on the screen so far."""
    said = getattr(screen.app, "said", [])
    lines: list[Cells] = [[(f"{when}  ", "faint"), (printable(text), "text")] for when, text in said] or [[("nothing so far", "faint")]]
    return PageScreen(screen.feed, "Messages", lines)
