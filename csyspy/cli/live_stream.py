"""Events of the running kernel as a source for text mode, and what is said of its cost at the end."""

import sys
from typing import TYPE_CHECKING, Final

from csyspy.cli.command import Command

if TYPE_CHECKING:
    from csyspy.capture.named import NamedSource

SWITCH: Final = "switch"
_ON_SWITCH: Final = ("thread.exectime", "thread.totexectime")
"""Fields that only switches between threads keep up."""


def open_live(command: Command) -> "NamedSource":
    """The kernel's events from now on, with the names of containers. Raises LiveError where there can be none here."""
    from csyspy.capture.live.stream import SNAPLEN, LiveSource, StreamOptions
    from csyspy.capture.live.tier import choose_for_events
    from csyspy.capture.named import NamedSource
    from csyspy.cli.metadata import open_metadata

    tier = choose_for_events(command.tier)
    source = LiveSource(
        StreamOptions(
            snaplen=command.snaplen or SNAPLEN,
            switches=_asks_for_switches(command),
            page_faults=command.page_faults,
            duration_s=command.duration_s,
            tier=tier,
        )
    )
    try:
        metadata = open_metadata(command)
    except BaseException:
        source.close()
        raise
    return NamedSource(source, metadata, on_close=metadata.close)


def _asks_for_switches(command: Command) -> bool:
    """Whether the filter names them, or a field that they keep up is shown or asked for."""
    asked = f"{command.filter} {command.format or ''}"
    if any(field in asked for field in _ON_SWITCH):
        return True
    if SWITCH not in command.filter:
        return False
    from csyspy.filters.event_sets import event_names
    from csyspy.filters.parser import parse

    return SWITCH in event_names(parse(command.filter))


def report(source: "NamedSource") -> None:
    """One line on standard error: events, losses, and what watching cost."""
    print(f"csyspy: {source.overhead().summary()}", file=sys.stderr)
