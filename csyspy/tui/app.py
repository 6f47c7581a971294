"""The Textual application: screens, fed by threads."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError, UsageError
from csyspy.fields.errors import FieldError
from csyspy.rules.audit_kind import is_audit_log
from csyspy.tui.audit_feed import AUDIT_VIEW, AuditedFeed, AuditLogFeed
from csyspy.tui.crash import write_crash
from csyspy.tui.frame import Feed, Frame, Query, State
from csyspy.tui.idle import IdleSelector
from csyspy.tui.memory import settle
from csyspy.tui.screens.view import ViewScreen
from csyspy.tui.settings import Settings, read_settings
from csyspy.tui.terminal import AsciiFilter, Symbols, has_few_colours, symbols, when_gone
from csyspy.tui.theme import CONTRAST, CSYSPY, FALLBACKS, THEMES
from csyspy.tui.threads import ForgetfulThreads
from csyspy.tui.widgets.grid import GridView
from csyspy.views.catalogue import VIEWS
from csyspy.views.registry import all_views
from csyspy.views.snapshot import snapshot_of
from csyspy.views.view import Kind, View

if TYPE_CHECKING:
    from textual.command import Provider

    from csyspy.containers.node import NodeMetadata
    from csyspy.tui.received import Received, Senders

SHORTEST_INTERVAL_S = 0.25
DEFAULT_INTERVAL_S = 2.0
FIRST_VIEW = "procs"
ALERTS = "alerts"
"""Opens on the alerts, where no view is asked for but rules are, or alerts from elsewhere."""
MOST_SAID = 1000
STARTED_S = 1.0
"""By then all is loaded and drawn that a start loads and draws."""
SWITCH_INTERVAL_S = 0.0003
"""A thread that reads events gives the interpreter away when it is asked to. A key goes through several threads before its frame is
there, and each of them would wait for the 5 ms of the default before it asks. It waits anew, and does not ask, where the reader lets go
for a moment meanwhile, as it does for each chunk of the file: this has to be shorter than the walk through one."""


def _offers() -> "type[Provider]":
    from csyspy.tui.palette import Offers  # 30 ms of the start, which who opens no palette is spared

    return Offers


class FrameReady(Message):
    """A frame lies in the mailbox."""


class CsyspyApp(App[int]):
    """Shows what its feed publishes. The feed's threads never touch the screen: they fill a mailbox of one place."""

    TITLE = "csyspy"
    COMMANDS = {_offers}
    COMMAND_PALETTE_BINDING = "ctrl+backslash"  # our own commands open it; this one is out of their way
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = "SearchIcon { display: none; }"
    """The palette's is a sign whose width terminals do not agree on."""

    def __init__(
        self,
        feed: Feed,
        view_id: str = FIRST_VIEW,
        filter_text: str = "",
        *,
        views: Mapping[str, View] = VIEWS,
        interval_s: float = DEFAULT_INTERVAL_S,
        containers: bool = False,
        rules_files: tuple[str, ...] = (),
        settings: Settings | None = None,
        received: "Received | None" = None,
        senders: "Senders | None" = None,
        symbols: Symbols = Symbols.UNICODE,
    ) -> None:
        super().__init__()
        self._ascii = AsciiFilter(symbols)
        self.feed: Feed = AuditedFeed(feed, received, interval_s)
        self._received = received
        self._senders = senders
        self.said: deque[tuple[str, str]] = deque(maxlen=MOST_SAID)
        """(time, text) of the messages that came up, the newest last."""
        self._opens = view_id if view_id == ALERTS or views[view_id].kind is Kind.SPECTROGRAM or view_id in ViewScreen.OPENERS else ""
        first = views[FIRST_VIEW if self._opens else view_id]
        self._first_screen = partial(
            ViewScreen,
            self.feed,
            views,
            first,
            filter_text,
            interval_s=interval_s,
            containers=containers,
            rules_files=rules_files,
            received=received,
        )
        self._mailbox: Frame | None = None
        self._lock = threading.Lock()
        self._settings = settings or Settings()
        for theme in THEMES:
            self.register_theme(theme)
        if self._settings.theme and self._settings.theme not in self.available_themes:
            raise UsageError(f"no theme {self._settings.theme!r}", f"there are: {', '.join(self.available_themes)}")
        self.theme = self._settings.theme or CSYSPY.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return FALLBACKS

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *[self._ascii] * self._ascii.enabled]

    def get_default_screen(self) -> ViewScreen:
        return self._first_screen()

    def on_mount(self) -> None:
        if self._settings.bindings:
            self.set_keymap(self._settings.bindings)
        self.set_timer(STARTED_S, settle)
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ForgetfulThreads(thread_name_prefix="csyspy"))
        if not self.is_headless:
            loop.add_signal_handler(signal.SIGTERM, self.exit, None, 128 + signal.SIGTERM)
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
            if sys.__stdin__ is not None and sys.__stdin__.isatty():
                when_gone(sys.__stdin__.fileno(), self._hang_up)
        if self._received is not None:
            self._received.on_problem = self._say_problem
        if self._senders is not None:
            self._senders.start()
        if self._opens == ALERTS:
            self.view_screen.action_command(ALERTS)
        elif self._opens:
            self.view_screen.switch_view(self._opens)

    def _hang_up(self) -> None:
        """The terminal has gone: there is nothing to give back, and who tried would wait for it for ever."""
        self.feed.close()
        os._exit(128 + signal.SIGHUP)

    def on_unmount(self) -> None:
        if self._received is not None:
            self._received.on_problem = lambda problem: None
        if self._senders is not None:
            self._senders.stop()
        self.feed.close()

    def _say_problem(self, problem: str) -> None:
        self.call_later(self.notify, problem, title="--from", severity="warning", markup=False)

    @property
    def view_screen(self) -> ViewScreen:
        """The screen at the bottom."""
        screen = self.screen_stack[0]
        assert isinstance(screen, ViewScreen)
        return screen

    def notify(self, message: str, **how: Any) -> None:
        """As App.notify; what was said can be read again."""
        title = how.get("title")
        self.said.append((time.strftime("%H:%M:%S"), f"{title}: {message}" if title else message))
        super().notify(message, **how)

    def pop_screen(self) -> AwaitComplete:
        """As App.pop_screen; the screen's drawn lines go with it.

        Textual 8.2 keeps those of the last 1024 widgets, some 40 MB, for as long as the program runs: a method that mixes two colours
        remembers its results, and with them the caches that it was called on."""
        mixing = getattr(self.screen, "_styles_cache", None)
        forget = getattr(getattr(mixing, "get_inner_outer", None), "cache_clear", None)
        if forget is not None:
            forget()
        return super().pop_screen()

    def _fatal_error(self) -> None:
        """In place of Textual's, which would fill the terminal with the traceback."""
        if self._exception is not None:
            self._exit_renderables.append(Text(write_crash(self._exception)))
        self._close_messages_no_wait()

    # from the feed to the screen

    def ask(self, query: Query) -> None:
        """Have the feed answer query, in place of what it was asked before."""
        self.run_worker(partial(self._answer, query), name="feed", group="feed", thread=True, exclusive=True)

    def _answer(self, query: Query) -> None:
        worker = get_current_worker()
        try:
            self.feed.answer(query, self.publish, lambda: worker.is_cancelled)
        except (FieldError, CsyspyError) as error:
            self._publish_failure(query, str(error))
        except Exception as error:  # one view that fails is no reason to lose the others
            self._publish_failure(query, write_crash(error))

    def _publish_failure(self, query: Query, reason: str) -> None:
        self.publish(Frame(snapshot_of(query.view, (), containers=query.containers), State.FAILED, notice=reason, query_seq=query.seq))

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
        if frame is not None and self.screen_stack and self.view_screen.query(GridView):  # a screen that closes has lost its widgets
            self.view_screen.show(frame)


def run(
    capture: str | None = None,
    filter_text: str | None = None,
    *,
    view: str = "",
    interval_s: float = DEFAULT_INTERVAL_S,
    containers: bool = False,
    rules_files: tuple[str, ...] = (),
    tier: str = "",
    metadata: "Callable[[], NodeMetadata] | None" = None,
    received: "Received | None" = None,
    senders: "Senders | None" = None,
) -> int:
    """Open the screen on a capture file or an audit log, or live where there is none, until the user leaves; the exit code.

    `containers` adds the columns that -pc adds, `rules_files` are for the alerts, `tier` is the live one that is wanted, if not the
    best, and `metadata` opens the look-up of container names for it. `received` keeps what `senders` bring from elsewhere.
    Raises CsyspyError before the screen opens: UsageError for a view that is not there, FilterError, CaptureError, LiveError, or that a
    filter needs events, which the live source has none of."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    views = all_views()
    if view and view not in views:
        raise UsageError(f"no view {view!r}", f"there are: {', '.join(sorted(views))}")
    interval_s = max(interval_s, SHORTEST_INTERVAL_S)
    settings = read_settings()
    for name in ("COLUMNS", "LINES"):  # where they are exported they tell of the past: the terminal itself knows its size
        os.environ.pop(name, None)
    if not settings.theme and has_few_colours():
        settings = replace(settings, theme=CONTRAST.name)
    selector = IdleSelector()
    feed = _feed(capture, filter_text or "", interval_s, tier, metadata, selector.wait_until_idle)
    app = CsyspyApp(
        feed,
        view or (AUDIT_VIEW if isinstance(feed, AuditLogFeed) else ALERTS if rules_files or received is not None else FIRST_VIEW),
        filter_text or "",
        views=views,
        interval_s=interval_s,
        containers=containers,
        rules_files=rules_files,
        settings=settings,
        received=received,
        senders=senders,
        symbols=settings.symbols if settings.symbols is not Symbols.AUTO else symbols(os.environ),
    )
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:  # as App.run does, but for the selector
        return runner.run(app.run_async()) or app.return_code or 0


def _feed(
    capture: str | None,
    filter_text: str,
    interval_s: float,
    tier: str,
    metadata: "Callable[[], NodeMetadata] | None",
    give_way: Callable[[], object],
) -> Feed:
    if capture == "-":
        raise UsageError("the screen cannot read a capture from standard input, where its keys come from", "--text prints the events")
    if capture is not None and is_audit_log(capture):
        return AuditLogFeed(capture)
    if capture is not None:
        from csyspy.tui.replay_feed import ReplayFeed

        return ReplayFeed(capture, give_way)
    from csyspy.capture.live import tier as tiers
    from csyspy.tui.live_feed import LiveFeed

    chosen = tiers.choose(tier)
    if chosen is tiers.Tier.A:
        from csyspy.containers.node import NodeMetadata
        from csyspy.containers.service import MetadataService
        from csyspy.tui.stream_feed import StreamFeed

        feed: LiveFeed = StreamFeed(interval_s, metadata() if metadata is not None else NodeMetadata(MetadataService([])))
    else:
        feed = LiveFeed(interval_s, notice=tiers.second_best(tiers.Tier.C, tier))  # all below A is shown from /proc
    if filter_text and feed.why_no_filter(filter_text):
        raise UsageError(f"the live screen takes no such filter: {feed.why_no_filter(filter_text)}", "csyspy -r FILE 'FILTER' has events")
    return feed
