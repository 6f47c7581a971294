"""Ask for one line of text, or for a yes."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from csyspy.tui.screens.modal import Modal

_BOX = """
    {0} {{ align: center middle; background: $background 60%; }}
    {0} #box {{
        width: 76; max-width: 96%; height: auto; background: $panel; border: round $primary;
        border-title-color: $primary; border-title-style: bold; border-subtitle-color: $faint; padding: 0 1;
    }}
    {0} Input {{ height: 1; border: none; padding: 0; background: $panel; }}
    {0} Static {{ height: auto; }}
"""


class Prompt(Modal[str | None]):
    """Answers with what was typed; None when the user changed their mind."""

    DEFAULT_CSS = _BOX.format("Prompt")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False, priority=True)]

    def __init__(self, title: str, about: str = "", text: str = "") -> None:
        super().__init__()
        self._title, self._about, self._text = title, about, text

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title, box.border_subtitle = self._title, "Enter  Esc leaves"
            yield Input(self._text, compact=True)
            if self._about:
                yield Static(self._about, markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class Confirm(Modal[bool]):
    """Answers whether the user said yes to exactly this text."""

    DEFAULT_CSS = _BOX.format("Confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "dismiss(True)", show=False),
        Binding("n,N,escape,q,enter,backspace", "dismiss(False)", show=False),
    ]

    def __init__(self, title: str, text: str, *, about: str = "") -> None:
        super().__init__()
        self._title, self._text, self._about = title, text, about

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title, box.border_subtitle = self._title, "y does it  n or Esc does not"
            yield Static(self._text, markup=False)
            if self._about:
                yield Static(self._about, markup=False)
