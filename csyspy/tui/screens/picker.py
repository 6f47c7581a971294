"""Choose one of many: a list on the left, what the entry means on the right, and a line to narrow it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from csyspy.tui.screens.modal import Modal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One thing to choose."""

    value: T
    label: str
    about: str = ""
    """A text about it, of any length."""
    why_not: str = ""
    """Why it cannot be chosen now; empty where it can."""
    mark: str = ""
    """Before the label: the present choice, a sort order."""


NO_MATCH = 4


def _rank(entry: Choice[T], typed: str) -> int:
    """How well an entry fits: what is called so, what begins so, what has all words in its name or id, what has them in its description."""
    label, id_ = entry.label.casefold(), entry.value.casefold() if isinstance(entry.value, str) else ""
    words = typed.split()
    if typed.strip() in (label, id_):
        return 0
    if label.startswith(typed) or (id_ and id_.startswith(typed)):
        return 1
    if all(word in label or word in id_ for word in words):
        return 2
    return 3 if all(word in f"{label} {entry.about.casefold()}" for word in words) else NO_MATCH


class Picker(Modal[T | None]):
    """Answers with the value of the chosen entry; None when the user changed their mind. Typing narrows the list."""

    DEFAULT_CSS = """
    Picker { align: center middle; background: $background 60%; }
    Picker #box {
        width: 76; max-width: 96%; height: auto; max-height: 90%; background: $panel; border: round $primary;
        border-title-color: $primary; border-title-style: bold; border-subtitle-color: $faint; padding: 0 1;
    }
    Picker Input { height: 1; border: none; padding: 0; background: $panel; }
    Picker #lists { height: auto; max-height: 75vh; }
    Picker OptionList {
        width: 34; height: auto; max-height: 100%; border: none; padding: 0; background: $panel;
        scrollbar-size-vertical: 1; scrollbar-color: $border; scrollbar-background: $panel;
    }
    Picker #about { width: 1fr; height: auto; padding: 0 0 0 2; color: $foreground; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("pageup", "step(-8)", show=False, priority=True),
        Binding("pagedown", "step(8)", show=False, priority=True),
    ]

    def __init__(self, title: str, entries: Sequence[Choice[T]], chosen: T | None = None) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        self._shown = list(entries)
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "type to narrow  Enter chooses  Esc leaves"
            yield Input(placeholder="part of its name", compact=True)
            with Horizontal(id="lists"):
                yield OptionList(compact=True)
                yield Static(id="about")

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._fill("")
        values = [entry.value for entry in self._shown]
        if self._chosen in values:
            self.query_one(OptionList).highlighted = values.index(self._chosen)
            self.call_after_refresh(self.query_one(OptionList).scroll_to_highlight)  # not before it knows how high it is
        self.query_one(Input).focus()

    def _fill(self, typed: str) -> None:
        ranks = [(_rank(entry, typed.casefold()), entry) for entry in self._entries]
        self._shown = [entry for rank, entry in sorted(ranks, key=lambda ranked: ranked[0]) if rank < NO_MATCH]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._line(entry)) for entry in self._shown)
        if self._shown:
            options.highlighted = 0
        self._describe()

    def _line(self, entry: Choice[T]) -> Text:
        style = "dim" if entry.why_not else "bold"
        return Text.assemble((f"{entry.mark or ' '} ", "bold"), (entry.label, style), no_wrap=True, overflow="ellipsis")

    def _describe(self) -> None:
        entry = self._highlighted()
        about = Text("nothing matches", "dim") if entry is None else Text(entry.about)
        if entry is not None and entry.why_not:
            about.append(f"\n\n{entry.why_not}", "italic")
        self.query_one("#about", Static).update(about)

    def _highlighted(self) -> Choice[T] | None:
        at = self.query_one(OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    def action_step(self, lines: int) -> None:
        options = self.query_one(OptionList)
        if self._shown:
            options.highlighted = max(0, min((options.highlighted or 0) + lines, len(self._shown) - 1))

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        self._describe()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        entry = self._highlighted()
        if entry is None or entry.why_not:
            self.app.bell()
            return
        self.dismiss(entry.value)

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)
