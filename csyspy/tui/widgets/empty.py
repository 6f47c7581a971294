"""What stands in the table's place when there is nothing in it: what happened, why, and what to do."""

from textual.content import Content
from textual.widgets import Static

from csyspy.tui.frame import Frame, Query, State


class EmptyState(Static):
    """A text in the middle of the body."""

    DEFAULT_CSS = """
    EmptyState { display: none; width: 1fr; height: 1fr; content-align: center middle; text-align: center; color: $foreground; }
    """

    def show(self, text: Content) -> None:
        self.update(text)


def empty_text(query: Query, frame: Frame, *, depth: int) -> Content:
    """Why there are no rows, and the keys that bring some."""
    if frame.state is State.FAILED:
        return Content.assemble(("Nothing could be read\n\n", "bold $error"), frame.notice, ("\n\nq leaves", "$faint"))
    ways = []
    if query.row_text or query.filter_text:
        ways.append("Esc takes the filter away, F4 changes it")
    if depth:
        ways.append("Backspace goes one selection back")
    if query.window:
        ways.append("w shows the whole capture")
    ways.append("F2 chooses another view")
    lines = [Content.styled(f"No rows in {query.view.name}", "bold $accent")]
    if not query.row_text and not query.filter_text:  # it may say where such rows are to be had
        lines.append(Content(query.view.description))
    if query.row_text:
        lines.append(Content(f"none of {frame.total_rows:,} contains “{query.row_text}”"))
    accepted = " and ".join(text for text in (query.filter_text, query.view.filter) if text)
    if accepted:
        none = f"none of {frame.events:,} events passed  " if frame.events else "nothing passes  "
        lines.append(Content.assemble((none, "$faint"), accepted))
    if frame.why_empty:
        lines.append(Content("\n".join(frame.why_empty)))
    return Content("\n\n").join([*lines, Content.styled("\n".join(ways), "$faint")])
