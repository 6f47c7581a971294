"""Finding a text in lines, going to a line, and where the cursor is: what all screens of lines have in common."""

from textual import on

from csyspy.tui.find import next_line
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.screens.prompt import Prompt
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView


class Searching(CommandScreen):
    """Commands find, find-next, find-previous, go-to. Subclasses give the lines' texts."""

    sought = ""

    @property
    def line_count(self) -> int:
        """Lines there are."""
        raise NotImplementedError

    @property
    def lines(self) -> LinesView:
        """Where they stand."""
        return self.query_one(LinesView)

    def line_text(self, line: int) -> str:
        """A line as it is searched through."""
        raise NotImplementedError

    @on(LinesView.Moved)
    def show_position(self) -> None:
        """Say in the last line where the cursor is."""
        self.query_one(KeyBar).show_position(f"{min(self.lines.cursor + 1, self.line_count):,}/{self.line_count:,}")

    def command_find(self) -> None:
        self.app.push_screen(Prompt("Find", "goes to what contains this; n and N go on", self.sought), self._find)

    def _find(self, text: str | None) -> None:
        if text:
            self.sought = text
            self._go_to_match(1, stay=True)

    def command_find_next(self) -> None:
        self._go_to_match(1)

    def command_find_previous(self) -> None:
        self._go_to_match(-1)

    def _go_to_match(self, step: int, *, stay: bool = False) -> None:
        line = next_line(self.line_text, self.line_count, self.lines.cursor, self.sought, step, stay)
        if line is None:
            self.notify(f"no line has {self.sought!r}" if self.sought else "/ says what to find", timeout=2, markup=False)
        else:
            self.lines.go(line)

    def command_go_to(self) -> None:
        self.app.push_screen(Prompt("Go to line", f"1 to {self.line_count:,}"), self.go_to)

    def go_to(self, text: str | None) -> None:
        """Go to the line of that number."""
        number = (text or "").strip().replace(",", "")
        if number.isdigit():
            self.lines.go(int(number) - 1)
        elif number:
            self.notify(f"not a number: {text}", severity="warning", markup=False)
