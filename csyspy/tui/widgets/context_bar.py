"""The first two lines: what is looked at, how fresh it is, and the filter in force."""

import time

from textual.content import Content
from textual.widget import Widget

from csyspy.tui.frame import Frame, State

STATE_STYLES = {
    State.LIVE: "$success",
    State.LIMITED: "$warning",
    State.PAUSED: "$accent",
    State.LOADING: "$primary",
    State.END: "$secondary",
    State.PARTIAL: "$warning",
    State.FAILED: "$error",
}
PROGRESS_WIDTH = 12


class ContextBar(Widget):
    """`csyspy ▸ Processes ▸ whole machine` on the left, state, rows and clock on the right."""

    DEFAULT_CSS = """
    ContextBar { height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, source: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source = source
        self._frame: Frame | None = None
        self._paused = False

    def show(self, frame: Frame, *, paused: bool) -> None:
        self._frame = frame
        self._paused = paused
        self.refresh()

    def render(self) -> Content:
        crumbs = [self._frame.snapshot.view.name if self._frame else "Processes", "whole machine"]
        if self._source != "live":
            crumbs.insert(0, self._source)
        parts = [Content.styled(" csyspy", "bold $primary")]
        for crumb in crumbs:
            parts += [Content.styled(" ▸ ", "$faint"), Content.styled(crumb, "bold" if crumb == crumbs[-2] else "")]
        return both_ends(Content.assemble(*parts), self._state(), self.size.width)

    def _state(self) -> Content:
        if self._frame is None:
            return Content("starting ")
        state = State.PAUSED if self._paused else self._frame.state
        parts = [Content.styled(state.value, f"bold {STATE_STYLES[state]}")]
        if self._frame.progress is not None:
            done = round(self._frame.progress * PROGRESS_WIDTH)
            parts += [Content.styled("  " + "━" * done, "$primary"), Content.styled("━" * (PROGRESS_WIDTH - done), "$faint")]
        if self._frame.detail:
            parts.append(Content.styled(f"  {self._frame.detail}", "$faint"))
        if self._frame.snapshot.time_ns:
            parts.append(Content(time.strftime("  %H:%M:%S", time.localtime(self._frame.snapshot.time_ns // 10**9))))
        return Content.assemble(" ", *parts, " ")


class FilterBar(Widget):
    """The filter in force and how many rows it leaves; what cannot be seen stands here too."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $background; color: $foreground; }
    """

    def __init__(self, filter_text: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._filter_text = filter_text
        self._frame: Frame | None = None

    def show(self, frame: Frame) -> None:
        self._frame = frame
        self.refresh()

    def render(self) -> Content:
        filter_text = Content.styled(self._filter_text, "bold") if self._filter_text else Content.styled("no filter", "$faint")
        left, right = Content.assemble((" ⌕ ", "$primary"), filter_text), Content("")
        if self._frame is not None:
            rows, total = len(self._frame.snapshot), self._frame.total_rows
            right = Content.assemble((f"{rows}/{total}" if rows != total else f"{rows}", "bold"), (" rows ", "$faint"))
            notice = Content.styled(f"   {self._frame.notice}", "$faint" if self._frame.state is State.LIMITED else "$warning")
            if left.cell_length + notice.cell_length + right.cell_length <= self.size.width:
                left += notice
        return both_ends(left, right, self.size.width)


def both_ends(left: Content, right: Content, width: int) -> Content:
    """One line of width cells with left and right at its ends; left gives way where they do not fit."""
    return left.truncate(max(width - right.cell_length, 0), ellipsis=True, pad=True) + right
