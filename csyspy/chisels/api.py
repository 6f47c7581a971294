"""The chisel API: what a plug-in subclasses, declares and overrides.

The life of a chisel (libs: userspace/chisel/chisel.cpp): made with the run's Context, `on_set_arg` for each argument given,
`on_init`, `on_capture_start`, then for each event `on_interval` where a period is over and `on_event` where the chisel's filter
passes, at last `on_capture_end`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from csyspy.chisels.context import Context
from csyspy.errors import CsyspyError

ArgumentKind = Literal["string", "int", "ipv4", "filter"]


class ChiselError(CsyspyError):
    """A chisel cannot be found, loaded, set up or run."""


class EndCapture(Exception):
    """Raised by a chisel that has seen enough: the run ends as at the end of the capture, for all its chisels."""


@dataclass(frozen=True)
class Argument:
    """A word that may follow the chisel's name on the command line."""

    name: str
    description: str
    kind: ArgumentKind = "string"
    optional: bool = False


class Chisel:
    """A script that runs over the events of a capture. Subclass it, declare what it needs, override what it does.

    `fields` gives the filter fields that `on_event` reads: a label for each, `event["label"]` is the value. `filter`
    restricts the events in addition to the command line's filter. Both may still be changed on the instance in
    `on_init`, for example from arguments.
    """

    name: ClassVar[str] = ""  # the word behind -c
    category: ClassVar[str] = ""  # heading in -cl, one of sysdig's where one fits
    short_description: ClassVar[str] = ""
    description: ClassVar[str] = ""
    args: ClassVar[tuple[Argument, ...]] = ()

    fields: Mapping[str, str] = {}
    filter: str = ""
    period_ns: int = 0  # on_interval is called when such a period of event time is over; 0: never
    precise_period: bool = False  # one call per period, from the first event on, instead of one per change of the clock
    buffer_format: str = ""  # how buffers are shown in text fields, where the command line does not say: "ascii", "hex" …

    def __init__(self, context: Context) -> None:
        self.context = context
        self.event: Any = None  # the current event, in on_event and on_interval

    def on_set_arg(self, name: str, value: str) -> None:
        """Take one argument of the command line. Raises ChiselError where the value is wrong."""

    def on_init(self) -> None:
        """Set up: the arguments are known, no event has been read. Raises ChiselError where the chisel cannot run."""

    def on_capture_start(self) -> None:
        """The capture is open: `self.context.state` holds processes, users and machine."""

    def on_event(self, event: Any) -> None:
        """Look at one event (csyspy.engine.callback.EventView). Raise EndCapture to stop."""

    def on_interval(self, ts_ns: int, delta_ns: int) -> None:
        """A period is over: `ts_ns` is the time of the event that ended it, `delta_ns` the time since the previous call."""

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        """No more events: time of the last one, and the time between the first and the last."""

    def sink(self) -> Any:
        """The engine's sink for this chisel, without its filter; called once, after `on_init`."""
        from csyspy.chisels.binding import callback_sink

        return callback_sink(self)

    def print(self, *parts: str | bytes) -> None:
        """Write the parts as one line of output."""
        self.context.print(*parts)


def to_number(chisel: Chisel, value: str, name: str) -> float:
    """An argument as a number. What is none is said on the output, and the chisel ends, as sysdig's do."""
    try:
        return float(int(value, 16)) if value.lower().startswith("0x") else float(value)
    except ValueError:
        chisel.print(f"Input {name} must be a number.")
        raise EndCapture from None
