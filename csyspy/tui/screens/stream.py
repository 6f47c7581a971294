"""Screens on events that are gathered while they come: dig, echo, spectrogram."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Protocol

from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.fields.errors import FieldError
from csyspy.filters.passing import Passing, passing
from csyspy.tui.commands import Place
from csyspy.tui.crash import write_crash
from csyspy.tui.frame import Can, Feed, State, Window
from csyspy.tui.memory import give_back
from csyspy.tui.reading import Reading
from csyspy.tui.scope import joined
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.filter_bar import FilterBar

GIVE_BACK_S = 1.0
"""So long after a screen was closed, with all that it had collected, its memory is given back: when all of its parts have ended."""


class Collector(Protocol):
    """Something that gathers from its sinks."""

    sinks: list[Any]

    @property
    def is_full(self) -> bool:
        """Whether it wants no more."""


class StreamScreen(CommandScreen):
    """Walks the events of a selection with a collector, in a thread; subclasses make it and draw what it has."""

    PLACE: ClassVar[Place] = Place.EVENTS
    heading = ""
    """What the first line calls it."""

    class Grown(Message):
        """The collector has more."""

    class Ended(Message):
        """No more comes."""

        def __init__(self, problem: str = "") -> None:
            super().__init__()
            self.problem = problem

    def __init__(self, feed: Feed, scope_filter: str, filter_text: str, crumbs: tuple[str, ...], window: Window | None) -> None:
        super().__init__(feed)
        self.scope_filter = scope_filter
        self.filter_text = filter_text
        self.crumbs = crumbs
        self.window = window
        self.is_held = False
        self.is_reading = False
        self.problem = ""
        self._progress: float | None = None
        """Of what is read; None where nobody knows."""
        self._pace: list[str] = []
        """Words about it."""

    @property
    def whole_filter(self) -> str:
        """Selection and filter as one filter."""
        return joined(self.scope_filter, self.filter_text)

    @property
    def is_endless(self) -> bool:
        """Whether events go on to come."""
        return Can.SEEK not in self.feed.can

    def on_mount(self) -> None:
        self.start()

    def on_unmount(self) -> None:
        if self.app.is_running:
            self.app.set_timer(GIVE_BACK_S, give_back)

    def collector(self) -> Collector:
        """A new one, for the filter as it is now. Raises FieldError."""
        raise NotImplementedError

    def draw(self) -> None:
        """Bring the screen up to what was collected."""
        raise NotImplementedError

    def start(self) -> None:
        """Collect from the beginning."""
        self.problem = ""
        self._progress = None
        self.query_one(ContextBar).show_way(self.heading, self.crumbs)
        for bar in self.query(FilterBar):
            bar.show_filter(self.filter_text, "")
        try:
            collector = self.collector()
        except FieldError as error:
            self.notify(error.render(), title="Filter", severity="error", markup=False)
            return
        except CsyspyError as error:
            self.notify(error.message, severity="error", markup=False)
            self.problem = error.message
            self.draw()
            return
        self.is_reading = True
        self.run_worker(partial(self._walk, collector), thread=True, exclusive=True, group="walk", exit_on_error=False)
        self.draw()

    def _walk(self, collector: Collector) -> None:
        worker = get_current_worker()
        tell = Reading(self.feed, self.window, self._tell)
        try:
            self.walk(collector, lambda: worker.is_cancelled or collector.is_full, tell)
        except CsyspyError as error:
            if not worker.is_cancelled:
                self.post_message(self.Ended(error.message))
            return
        except Exception as error:  # one screen that fails is no reason to lose the others
            self.post_message(self.Ended(write_crash(error)))
            return
        if not worker.is_cancelled:
            self.post_message(self.Ended())

    def walk(self, collector: Collector, is_cancelled: Callable[[], bool], tell: Callable[[Any], None]) -> None:
        """Let the collector see the events; `tell(state)` now and then. In a thread of its own. Raises CsyspyError."""
        self.feed.walk(collector.sinks, self.window, is_cancelled, tell, self.passing(collector))

    def passing(self, collector: Collector) -> Passing:
        """What may matter to the collector."""
        return passing(self.whole_filter)

    def _tell(self, progress: float | None, pace: list[str]) -> None:
        self._progress, self._pace = progress, pace
        self.post_message(self.Grown())

    @on(Grown)
    def _grown(self) -> None:
        if not self.is_held:
            self.draw()

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        self.is_reading = False
        self.problem = message.problem
        self.draw()

    @property
    def state(self) -> State:
        """The word for how fresh the screen is."""
        if self.is_held:
            return State.PAUSED
        if self.is_reading:
            return State.LIVE if self.is_endless else State.LOADING
        return State.PARTIAL if self.problem else State.MOMENT if self.window else State.END

    def show_state(self, *notes: str) -> None:
        """Say in the first line how far it has come, and what was collected."""
        bar = self.query_one(ContextBar)
        if self.state is State.LOADING and self._progress is not None:
            bar.show(None, self.state, "  ".join([*self._pace, *notes]), self.loss(), self._progress)
        else:
            bar.show(None, self.state, ", ".join(notes), self.loss())

    def why_empty(self) -> str:
        """What stands where the lines would be, while there are none."""
        passing = f" that passes {self.whole_filter}" if self.whole_filter else ""
        if self.is_reading:
            return f"no event yet{passing}"
        return f"no event{passing}" + ("; F4 changes the filter, Esc goes back" if not self.problem else "")

    def command_pause(self) -> None:
        self.is_held = not self.is_held
        self.draw()

    def command_filter(self) -> None:
        self.query_one(FilterBar).edit(dict)

    @on(FilterBar.Applied)
    def _filter_applied(self, message: FilterBar.Applied) -> None:
        # a text without an operator is looked for in what events say
        self.use_filter(message.filter_text or (f'evt.args icontains "{message.row_text}"' if message.row_text else ""))

    def use_filter(self, filter_text: str) -> None:
        """Collect what this filter accepts."""
        self.filter_text = filter_text
        self.start()

    def command_earlier(self) -> None:
        self._move_window(-1)

    def command_later(self) -> None:
        self._move_window(1)

    def command_minute_earlier(self) -> None:
        self._move_window(-60)

    def command_minute_later(self) -> None:
        self._move_window(60)

    def _move_window(self, lengths: int) -> None:
        """So many lengths of the window on or back."""
        if self.window is None:
            self.notify("[ and ] move the part of time that was chosen with the scrubber", timeout=3, markup=False)
            return
        by_ns = lengths * (self.window.end_ns - self.window.start_ns)
        self.window = Window(self.window.start_ns + by_ns, self.window.end_ns + by_ns)
        self.start()
