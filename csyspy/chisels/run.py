"""A run of chisels over one source: made from what the command line asks for, driven round the walk."""

from collections.abc import Callable, Sequence
from typing import Any

from csyspy.chisels.api import Chisel, EndCapture
from csyspy.chisels.arguments import pair
from csyspy.chisels.binding import bind, guarded
from csyspy.chisels.context import Context
from csyspy.chisels.registry import load


class ChiselRun:
    """The chisels of a run, set up and ready for events.

    `requests` are (name, argument text) pairs in the order of the command line. Making one calls `on_init` of all chisels, which
    may already print. Raises ChiselError.
    """

    def __init__(self, requests: Sequence[tuple[str, str]], context: Context) -> None:
        self.context = context
        self.chisels: list[Chisel] = []
        self.sinks: list[Any] = []
        try:
            self._set_up(requests)
        except EndCapture:  # a chisel that has said what it had to say
            self.chisels.clear()
            self.sinks.clear()

    def _set_up(self, requests: Sequence[tuple[str, str]]) -> None:
        for name, text in requests:
            kind = load(name)
            chisel = kind(self.context)
            for argument, value in pair(kind, text):
                guarded(chisel, "on_set_arg")(argument.name, value)
            self.chisels.append(chisel)
        for chisel in self.chisels:
            guarded(chisel, "on_init")()
            self.sinks.append(bind(chisel))

    @property
    def needs(self) -> int:
        """The Need bits of all sinks: give them to the state before the source is opened."""
        needs = 0
        for sink in self.sinks:
            needs |= sink.needs
        return needs

    @property
    def buffer_format(self) -> str:
        """How buffers are to be shown: what the command line said, else what the first chisel with a wish wants; "" for the default."""
        wishes = (chisel.buffer_format for chisel in self.chisels if chisel.buffer_format)
        return self.context.buffer_format or next(wishes, "")

    def walk(self, state: Any, walk: Callable[[list[Any]], object]) -> None:
        """Run the chisels: `walk(sinks)` feeds them all events of the opened source.

        `on_capture_end` is called however the walk ends; what it raised goes on afterwards, except a chisel's EndCapture.
        An exception out of a chisel's own code becomes a ChiselError with its name.
        """
        if not self.chisels:
            return
        self.begin(state)
        try:
            walk(self.sinks)
        except EndCapture:
            pass
        finally:
            self.end(state)

    def begin(self, state: Any) -> None:
        """The source is open, and no event has been given out: for callers that walk themselves."""
        self.context.state = state
        for chisel in self.chisels:
            guarded(chisel, "on_capture_start")()

    def end(self, state: Any) -> None:
        """No more events come."""
        first, last = state.first_event_ts, state.evt_ts
        for chisel in self.chisels:
            guarded(chisel, "on_capture_end")(last, last - first)
