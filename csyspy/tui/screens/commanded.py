"""What every screen has: commands by keys, key bar, help and palette, all from the one table."""

from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.screen import Screen

from csyspy.tui.commands import BY_ID, Command, Need, Place
from csyspy.tui.frame import Can, Feed, loss_text
from csyspy.tui.widgets.key_bar import KeyBar


class CommandScreen(Screen[None]):
    """Runs command `x-y` with its method `command_x_y`. Subclasses set PLACE, and BINDINGS to `bindings(PLACE)`."""

    PLACE: ClassVar[Place] = Place.PAGE
    AUTO_FOCUS = ""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed

    def why_not(self, command: Command) -> str:
        """Why the command would do nothing here and now; empty where it would do something."""
        if Need.EVENTS in command.needs and Can.EVENTS not in self.feed.can:
            return Need.EVENTS.value
        if Need.SEEK in command.needs and Can.SEEK not in self.feed.can:
            return Need.SEEK.value
        if Need.ROW in command.needs and not self.has_selection():
            return Need.ROW.value
        return ""

    def loss(self) -> str:
        """What the walks of the source have lost; empty where that is nothing."""
        return loss_text(self.feed.lost)

    def has_selection(self) -> bool:
        """Whether something is under the cursor."""
        return True

    def about(self) -> tuple[str, str]:
        """Title and text that stand at the head of the help."""
        return "csyspy", ""

    def action_command(self, command_id: str) -> None:
        """Run a command, or say why it cannot be run."""
        command = BY_ID[command_id]
        reason = self.why_not(command)
        if reason:
            self.notify(reason, title=command.title, severity="warning", timeout=3)
        elif command.number:
            getattr(self, command.method)(command.number)
        else:
            getattr(self, command.method)()

    @on(KeyBar.Pressed)
    def _pressed(self, message: KeyBar.Pressed) -> None:
        self.action_command(message.command_id)

    def command_help(self) -> None:
        from csyspy.tui.screens.page import help_page

        self.app.push_screen(help_page(self))

    def command_palette(self) -> None:
        self.app.action_command_palette()

    def command_log(self) -> None:
        from csyspy.tui.screens.page import log_page

        self.app.push_screen(log_page(self))

    def command_back(self) -> None:
        if self.is_active:  # a key that was pressed before the screen went may come after it
            self.app.pop_screen()

    def command_leave(self) -> None:
        self.command_back()

    def command_close(self) -> None:
        self.command_back()

    def command_quit(self) -> None:
        self.app.exit(0)

    def command_save_screen(self) -> None:
        path = Path(f"csyspy-{_now()}.svg").absolute()
        try:
            path.write_text(self.app.export_screenshot())
        except OSError as error:
            self.notify(f"{path}: {error.strerror}", severity="error")
            return
        self.notify(str(path), title="Screen written")


def _now() -> str:
    return datetime.now().strftime("%Y%m%d-%H%M%S")
