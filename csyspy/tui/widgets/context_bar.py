"""The first two lines: what is looked at, how fresh it is, and the filter in force."""

import time

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from csyspy.tui.frame import Frame, State

STATE_ROLES = {
    State.LIVE: "success",
    State.LIMITED: "warning",
    State.PAUSED: "accent",
    State.LOADING: "primary",
    State.END: "secondary",
    State.PARTIAL: "warning",
    State.FAILED: "error",
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

    def render(self) -> Text:
        right = self._state()
        left = Text(no_wrap=True)
        left.append(" csyspy", style=f"bold {self._colour('primary')}")
        crumbs = [self._frame.snapshot.view.name if self._frame else "Processes", "whole machine"]
        if self._source != "live":
            crumbs.insert(0, self._source)
        for crumb in crumbs:
            left.append(" ▸ ", style=self._colour("faint"))
            left.append(crumb, style="bold" if crumb == crumbs[-2] else "")
        room = self.size.width - right.cell_len
        left.truncate(max(room, 0), overflow="ellipsis", pad=True)
        return left + right

    def _state(self) -> Text:
        text = Text(no_wrap=True)
        if self._frame is None:
            return text.append("starting ")
        state = State.PAUSED if self._paused else self._frame.state
        text.append(state.value, style=f"bold {self._colour(STATE_ROLES[state])}")
        if self._frame.progress is not None:
            done = round(self._frame.progress * PROGRESS_WIDTH)
            text.append("  " + "━" * done, style=self._colour("primary"))
            text.append("━" * (PROGRESS_WIDTH - done), style=self._colour("border"))
        if self._frame.detail:
            text.append(f"  {self._frame.detail}", style=self._colour("faint"))
        if self._frame.snapshot.time_ns:
            text.append(time.strftime("  %H:%M:%S", time.localtime(self._frame.snapshot.time_ns // 10**9)))
        return text.append(" ")

    def _colour(self, role: str) -> str:
        return self.app.theme_variables[role]


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

    def render(self) -> Text:
        colour = self.app.theme_variables
        left = Text(" ⌕ ", style=colour["primary"], no_wrap=True)
        left.append(self._filter_text or "no filter", style=colour["foreground"] if self._filter_text else colour["faint"])
        right = Text(no_wrap=True)
        if self._frame is not None:
            rows, total = len(self._frame.snapshot), self._frame.total_rows
            right.append(f"{rows}/{total}" if rows != total else f"{rows}", style="bold")
            right.append(" rows ", style=colour["faint"])
            notice, room = self._frame.notice, self.size.width - left.cell_len - right.cell_len
            if notice and cell_len(notice) + 4 <= room:
                left.append("   " + notice, style=colour["warning"] if self._frame.state is not State.LIMITED else colour["faint"])
        left.truncate(max(self.size.width - right.cell_len, 0), overflow="ellipsis", pad=True)
        return left + right
