"""The first line: what is looked at, as a way that can be walked back, and how fresh it is."""

import time

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from csyspy.tui.frame import Frame, State
from csyspy.views.format import printable

STATE_STYLES = {
    State.LIVE: "$success",
    State.LIMITED: "$warning",
    State.PAUSED: "$accent",
    State.LOADING: "$primary",
    State.REPLAY: "$success",
    State.MOMENT: "$accent",
    State.END: "$secondary",
    State.PARTIAL: "$warning",
    State.FAILED: "$error",
}
PROGRESS_WIDTH = 12
BETWEEN = " ▸ "
LONGEST_CRUMB = 32


class ContextBar(Widget):
    """`csyspy ▸ Processes ▸ web-1 ▸ nginx(4121)` on the left, state and clock on the right."""

    DEFAULT_CSS = """
    ContextBar { height: 1; background: $panel; color: $foreground; }
    """

    class CrumbClicked(Message):
        """The user wants back to that depth; 0 is the whole machine."""

        def __init__(self, depth: int) -> None:
            super().__init__()
            self.depth = depth

    def __init__(self, source: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source = source
        self._title = ""
        self._crumbs: tuple[str, ...] = ()
        self._frame: Frame | None = None
        self._state: State | None = None
        self._behind = ""
        self._loss = ""
        self._progress: float | None = None
        self._drawn = 0
        """Parts of the way that there was room for."""

    def show(
        self, frame: Frame | None, state: State | None = None, behind: str = "", loss: str = "", progress: float | None = None
    ) -> None:
        """How fresh it is: the frame's state, or another; `behind` stands beside it (how long the screen has been held), and what was
        lost and how far a load has come, of the frame or otherwise. Of words that two blanks part the first are the most wanted."""
        self._frame = frame
        self._state = state
        self._behind = behind
        self._loss = loss or (frame.loss if frame is not None else "")
        self._progress = progress if frame is None else frame.progress
        self.refresh()

    def show_way(self, title: str, crumbs: tuple[str, ...]) -> None:
        """Name of the view, and of each selection from the outside in."""
        self._title = title
        self._crumbs = tuple(_short(printable(crumb)) for crumb in crumbs)
        self.refresh()

    def render(self) -> Content:
        way = self._way()
        room = self.size.width - sum(part.cell_length for part in way)
        said = self._freshness()
        freshness = next((words for words in said if words.cell_length <= room), said[-1])
        # the innermost selection matters most: what stands before it gives way
        while freshness.cell_length > self.size.width - sum(part.cell_length for part in way) and len(way) > 2:
            del way[0]
        self._drawn = len(way)
        return both_ends(Content.assemble(*way), freshness, self.size.width)

    def _way(self) -> list[Content]:
        """From the program's name to the innermost selection; each part but the first begins with an arrow."""
        arrow = Content.styled(BETWEEN, "$faint")
        parts = [Content.styled(" csyspy", "bold $primary")]
        if self._source != "live":
            parts.append(arrow + self._source)
        parts.append(arrow + Content.styled(self._title, "bold"))
        for number, crumb in enumerate(self._crumbs or ("whole machine",)):
            is_last = number == len(self._crumbs) - 1
            parts.append(arrow + Content.styled(crumb, "bold $accent" if is_last else ""))
        return parts

    def _freshness(self) -> list[Content]:
        """State, how far it has come, detail and clock; then with less and less of that, for where there is no room."""
        state = self._state or (self._frame.state if self._frame is not None else None)
        if state is None:
            return [Content("starting ")]
        word = Content.styled(state.value, f"bold {STATE_STYLES[state]}")
        loss = Content.styled(f"  {self._loss}", "bold $warning") if self._loss else Content()
        detail = self._behind or (self._frame.detail if self._frame is not None else "")
        clock = Content()
        if self._frame is not None and self._frame.snapshot.time_ns:
            clock = Content(time.strftime("  %H:%M:%S", time.localtime(self._frame.snapshot.time_ns // 10**9)))
        if self._progress is None:
            return [_words(word, loss, _faint(detail), clock), _words(word, loss, clock)]
        done = round(self._progress * PROGRESS_WIDTH)
        bar = Content.styled("  " + "━" * done, "$primary") + Content.styled("━" * (PROGRESS_WIDTH - done), "$faint")
        words = detail.split("  ")  # the most wanted first
        shorter = [_faint("  ".join(words[:count])) for count in (3, 2, 1)]
        return [_words(word, bar, _faint(detail), clock), _words(word, bar, shorter[0]), *(_words(word, each) for each in shorter)]

    def on_click(self, event: events.Click) -> None:
        way = self._way()
        left = 0
        for number, part in enumerate(way[-self._drawn :], start=len(way) - self._drawn):
            left += part.cell_length
            if event.x < left:
                self.post_message(self.CrumbClicked(max(number - (len(way) - len(self._crumbs)) + 1, 0)))
                return


def _short(crumb: str) -> str:
    return crumb if len(crumb) <= LONGEST_CRUMB else crumb[: LONGEST_CRUMB - 1] + "…"


def _faint(text: str) -> Content:
    return Content.styled(f"  {text}", "$faint") if text else Content()


def _words(*parts: Content) -> Content:
    return Content.assemble(" ", *parts, " ")


def both_ends(left: Content, right: Content, width: int) -> Content:
    """One line of width cells with left and right at its ends; left gives way where they do not fit."""
    return left.truncate(max(width - right.cell_length, 0), ellipsis=True, pad=True) + right
