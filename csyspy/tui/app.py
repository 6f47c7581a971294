"""The Textual application: one screen, fed by one thread."""

import threading
from typing import ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.message import Message

from csyspy.errors import UsageError
from csyspy.tui.frame import Feed, Frame
from csyspy.tui.live_feed import LiveFeed
from csyspy.tui.screens.table import TableScreen
from csyspy.tui.theme import CSYSPY, FALLBACKS, THEMES
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import View

SHORTEST_INTERVAL_S = 0.25


class FrameReady(Message):
    """A frame lies in the mailbox."""


class CsyspyApp(App[int]):
    """Shows what its feed publishes. The feed's thread never touches the screen: it fills a mailbox of one place."""

    TITLE = "csyspy"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed
        self._mailbox: Frame | None = None
        self._lock = threading.Lock()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = CSYSPY.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return FALLBACKS

    def get_default_screen(self) -> TableScreen:
        return TableScreen(self._feed.source, self._feed.filter_text)

    def on_mount(self) -> None:
        self.run_worker(self._run_feed, name="feed", thread=True, exclusive=True)

    def on_unmount(self) -> None:
        self._feed.stop()

    def _run_feed(self) -> None:
        self._feed.run(self.publish)

    def publish(self, frame: Frame) -> None:
        """Put frame into the mailbox, over one that was not fetched yet; from any thread. Posts one message, however many frames come."""
        with self._lock:
            is_waiting = self._mailbox is not None
            self._mailbox = frame
        if not is_waiting:
            self.post_message(FrameReady())

    @property
    def is_mailbox_empty(self) -> bool:
        """Whether every frame that was published has been shown, or replaced by a newer one."""
        return self._mailbox is None

    def on_frame_ready(self) -> None:
        with self._lock:
            frame, self._mailbox = self._mailbox, None
        screen = self.screen_stack[0]
        if frame is not None and isinstance(screen, TableScreen):
            screen.show(frame)

    def action_help(self) -> None:
        """Show or hide the keys."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()


def run(
    capture: str | None = None,
    filter_text: str | None = None,
    *,
    view: str = "procs",
    interval_s: float = 2.0,
    containers: bool = False,
) -> int:
    """Open the screen on a capture file, or live where there is none, until the user leaves; the exit code.

    `containers` adds the columns that -pc adds. Raises CsyspyError before the screen opens: UsageError for a view that is not
    there, FilterError, CaptureError, or that a filter needs events, which the live source has none of."""
    if view not in VIEWS:
        raise UsageError(f"no view {view!r}", f"there are: {', '.join(sorted(VIEWS))}")
    return CsyspyApp(_feed(VIEWS[view], capture, filter_text or "", interval_s, containers)).run() or 0


def _feed(view: View, capture: str | None, filter_text: str, interval_s: float, containers: bool) -> Feed:
    if capture == "-":
        raise UsageError("the screen cannot read a capture from standard input, where its keys come from", "--text prints the events")
    if capture is not None:
        from csyspy.tui.replay_feed import ReplayFeed

        return ReplayFeed(view, capture, filter_text, containers=containers)
    if filter_text:
        raise UsageError("the live screen takes no filter: it reads /proc, and filters look at events", "csyspy -r FILE 'FILTER' has them")
    return LiveFeed(view, max(interval_s, SHORTEST_INTERVAL_S), containers=containers)
