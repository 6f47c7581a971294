"""The filter in force; and the place where it is typed, with what is wrong and what may come next under it."""

from collections.abc import Callable, Iterable, Mapping

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from csyspy.tui.completion import Choices, Mode, Verdict, choices_at, judge
from csyspy.tui.frame import Frame, State

DEBOUNCE_S = 0.12
MOST_HISTORY = 100
MARK_CELLS = 3
"""Before the text: ` ⌕ `."""
STATES_WORTH_A_NOTICE = frozenset({State.PARTIAL, State.FAILED})


class FilterBar(Vertical):
    """One line; two and a list of words while a filter is typed."""

    DEFAULT_CSS = """
    FilterBar { height: auto; background: $background; color: $foreground; }
    FilterBar #line { height: 1; }
    FilterBar #mark { width: 3; color: $primary; }
    FilterBar #shown { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    FilterBar #status { width: auto; max-width: 50%; height: 1; padding: 0 1; }
    FilterBar Input { display: none; width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterBar #hint { display: none; height: 1; text-wrap: nowrap; text-overflow: ellipsis; padding: 0 0 0 3; color: $error; }
    FilterBar OptionList { display: none; height: auto; max-height: 8; margin: 0 0 0 3; border: none; padding: 0; background: $panel; }
    FilterBar.-editing Input { display: block; }
    FilterBar.-editing #shown { display: none; }
    FilterBar.-editing #hint { display: block; }
    FilterBar.-editing.-choosing OptionList { display: block; }
    """

    class Applied(Message):
        """The user wants this filter, or only rows with this text."""

        def __init__(self, filter_text: str, row_text: str) -> None:
            super().__init__()
            self.filter_text = filter_text
            self.row_text = row_text

    class Closed(Message):
        """The bar is as it was, and wants no keys any more."""

    def __init__(self, filter_text: str = "") -> None:
        super().__init__()
        self._text = filter_text
        self._row_text = ""
        self._frame: Frame | None = None
        self._mode = Mode.AUTO
        self._verdict = Verdict(is_filter=True, is_good=True)
        self._choices = Choices(0, 0)
        self._history: list[str] = []
        self._history_at = 0
        self._said: dict[str, Content] = {}
        """Place -> what stands there."""
        self._values: Callable[[], Mapping[str, Iterable[str]]] = dict

    def compose(self) -> ComposeResult:
        with Horizontal(id="line"):
            yield Static(" ⌕ ", id="mark")
            yield Static(id="shown")
            yield Input(compact=True, select_on_focus=False)
            yield Static(id="status")
        yield Static(id="hint")
        yield OptionList(compact=True)

    @property
    def is_editing(self) -> bool:
        return self.has_class("-editing")

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._draw()

    def show(self, frame: Frame) -> None:
        self._frame = frame
        if not self.is_editing:
            self._draw()

    def show_filter(self, filter_text: str, row_text: str) -> None:
        """These are in force now."""
        self._text, self._row_text = filter_text, row_text
        if not self.is_editing:
            self._draw()

    def edit(self, values: Callable[[], Mapping[str, Iterable[str]]]) -> None:
        """Let the user type; `values` gives what is seen in the fields of the table."""
        self._values = values
        self._mode = Mode.AUTO
        self._history_at = len(self._history)
        self.add_class("-editing")
        line = self.query_one(Input)
        line.value = self._text or self._row_text
        line.cursor_position = len(line.value)
        line.focus()
        self._look()

    def _close(self) -> None:
        self.remove_class("-editing", "-choosing")
        self._draw()
        self.post_message(self.Closed())

    # drawing

    def _draw(self) -> None:
        notice = self._frame.notice if self._frame is not None else ""
        if self._text:
            shown = Content.styled(self._text, "bold")
        elif self._row_text:
            shown = Content.assemble(("rows with ", "$faint"), (self._row_text, "bold"))
        else:
            shown = Content.styled("no filter", "$faint")
        if notice:
            is_loud = self._frame is not None and self._frame.state in STATES_WORTH_A_NOTICE
            shown = Content.assemble(shown, (f"   {notice}", "$warning" if is_loud else "$faint"))
        self._say("#shown", shown)
        rows = Content("")
        if self._frame is not None:
            count, total = len(self._frame.snapshot.order), self._frame.total_rows
            said = f"{count:,}/{total:,}" if count != total else f"{count:,}"
            rows = Content.assemble((said, "bold"), (" row" if total == 1 else " rows", "$faint"))
        self._say("#status", rows)

    def _say(self, place: str, words: Content) -> None:
        """Only what is new is drawn, and only what is longer or shorter than before moves anything: frames come often."""
        said = self._said.get(place)
        if said is None or not said.is_same(words):
            self._said[place] = words
            self.query_one(place, Static).update(words, layout=said is None or said.cell_length != words.cell_length)

    def _draw_verdict(self) -> None:
        verdict, hint = self._verdict, self.query_one("#hint", Static)
        if not self.query_one(Input).value:
            status = Content.styled("no filter", "$faint")
        elif not verdict.is_filter:
            status = Content.styled("✓ rows with this text", "$success")
        elif verdict.is_good:
            status = Content.styled("✓ filter", "$success")
        elif verdict.incomplete:
            status = Content.styled("… go on", "$faint")
        else:
            status = Content.styled(f"✗ column {verdict.position + 1}", "$error")
        self._say("#status", Content.assemble(status, (f"  F2 {self._mode.value}", "$faint")))
        if verdict.is_good or verdict.incomplete:
            active = f"  active: {self._text}" if self._text and not verdict.is_good else ""
            hint.update(Content.styled(f"Enter applies  Esc leaves  Tab completes  ↑↓ history{active}", "$faint"))
        else:
            carets = " " * verdict.position + "^" * max(verdict.end - verdict.position, 1)
            fix = "  (Tab mends it)" if verdict.fixed else ""
            hint.update(Content(f"{carets} {verdict.message}{fix}"))

    def _look(self) -> None:
        """Judge what stands in the line, and find what fits at the cursor."""
        if not self.is_editing:
            return
        line = self.query_one(Input)
        self._verdict = judge(line.value, self._mode)
        self._draw_verdict()
        self._choices = Choices(0, 0)
        if self._mode is not Mode.TEXT:
            self._choices = choices_at(line.value, line.cursor_position, self._values())
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(_line(choice.word, choice.about)) for choice in self._choices.choices)
        typing = self._choices.end > self._choices.start
        self.set_class(bool(self._choices.choices) and typing, "-choosing")
        if self._choices.choices:
            options.highlighted = 0

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.set_timer(DEBOUNCE_S, self._look)

    # keys

    def on_key(self, event: events.Key) -> None:
        if not self.is_editing:
            return
        handlers = {"escape": self._close, "tab": self._complete, "f2": self._next_mode, "enter": self._apply}
        handler = handlers.get(event.key)
        if handler is not None:
            handler()
        elif event.key in ("up", "down"):
            self._move(-1 if event.key == "up" else 1)
        else:
            return
        event.stop()
        event.prevent_default()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._apply()

    def _apply(self) -> None:
        text = self.query_one(Input).value.strip()
        self._verdict = judge(text, self._mode)
        self._draw_verdict()
        if not self._verdict.is_good:
            self.app.bell()
            return
        if text and (not self._history or self._history[-1] != text):
            self._history = [*self._history[-MOST_HISTORY:], text]
        is_filter = self._verdict.is_filter
        self.post_message(self.Applied(text if is_filter else "", "" if is_filter else text))
        self._close()

    def _next_mode(self) -> None:
        self._mode = self._mode.next
        self._look()

    def _complete(self) -> None:
        """Put the chosen word in; where the text is wrong and it is known what was meant, that."""
        line = self.query_one(Input)
        self._look()
        if self._verdict.fixed and not self._verdict.is_good:
            line.value = self._verdict.fixed
            line.cursor_position = len(line.value)
        elif self._choices.choices and not self.has_class("-choosing"):
            self.add_class("-choosing")
        elif self._choices.choices:
            chosen = self._choices.choices[self.query_one(OptionList).highlighted or 0].word
            before, after = line.value[: self._choices.start], line.value[self._choices.end :]
            line.value = before + chosen + after
            line.cursor_position = len(before) + len(chosen)
            self.remove_class("-choosing")

    def _move(self, step: int) -> None:
        """Through the words that fit, where they are shown; else through the filters that were in force."""
        if self.has_class("-choosing"):
            options = self.query_one(OptionList)
            options.highlighted = ((options.highlighted or 0) + step) % len(self._choices.choices)
            return
        self._history_at = max(0, min(self._history_at + step, len(self._history)))
        line = self.query_one(Input)
        line.value = self._history[self._history_at] if self._history_at < len(self._history) else ""
        line.cursor_position = len(line.value)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._complete()
        self.query_one(Input).focus()


def _line(word: str, about: str) -> Text:
    return Text.assemble((f"{word:<28} ", "bold"), (about, "dim"), no_wrap=True, overflow="ellipsis")
