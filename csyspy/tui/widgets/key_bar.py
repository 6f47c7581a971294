"""The last line: the keys that matter here. Each can be clicked."""

from collections.abc import Callable

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from csyspy.tui.commands import COMMANDS, Command, Place


class KeyBar(Widget):
    """`F1Help F2Views …`, from the table of commands; greyed where `why_not(command)` has a reason."""

    DEFAULT_CSS = """
    KeyBar { height: 1; background: $panel; color: $foreground; }
    """

    class Pressed(Message):
        """The user clicked a key."""

        def __init__(self, command_id: str) -> None:
            super().__init__()
            self.command_id = command_id

    def __init__(self, place: Place, why_not: Callable[[Command], str]) -> None:
        super().__init__()
        self._commands = [command for command in COMMANDS if command.places & place and command.label]
        self._why_not = why_not
        self._right = ""

    def show_position(self, text: str) -> None:
        """What stands at the right end: `4/183`."""
        if text != self._right:
            self._right = text
            self.refresh()

    def render(self) -> Content:
        parts = []
        room = self.size.width - len(self._right) - 2
        for command in self._commands:
            length = self._length(command)
            if length > room:
                break
            room -= length
            faint = bool(self._why_not(command))
            parts += [
                Content.styled(f" {command.label}", "$faint" if faint else "bold $footer-key-foreground"),
                Content.styled(command.title, "$faint" if faint else ""),
            ]
        left = Content.assemble(*parts)
        gap = max(self.size.width - left.cell_length - len(self._right) - 1, 0)
        return Content.assemble(left, " " * gap, Content.styled(self._right, "$faint"), " ")

    def on_click(self, event: events.Click) -> None:
        x = 0
        for command in self._commands:
            x += self._length(command)
            if event.x < x:
                self.post_message(self.Pressed(command.id))
                return

    @staticmethod
    def _length(command: Command) -> int:
        return 1 + len(command.label) + len(command.title)
