"""Events of the running kernel as a source for text mode, and what is said of its cost at the end."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from csyspy.cli.command import Command

if TYPE_CHECKING:
    from csyspy.capture.named import NamedSource
    from csyspy.events.kernel_filter import KernelFilter

_ON_SWITCH: Final = ("thread.exectime", "thread.totexectime")
"""Fields that only switches between threads keep up."""


def open_live(command: Command, *, needs: int, filter_text: str = "", kernel_filter: "KernelFilter | None" = None) -> "NamedSource":
    """The kernel's events from now on, with the names of containers; those may be left out that fail ``filter_text`` or ``kernel_filter``.

    ``needs`` are those of the sinks. Raises LiveError where there can be no events here."""
    from csyspy.capture.live.stream import DEFAULT_PRESET, SNAPLEN, LiveSource, ring_bytes
    from csyspy.capture.live.tier import choose_for_events
    from csyspy.capture.named import NamedSource
    from csyspy.cli.metadata import open_metadata
    from csyspy.filters.passing import Passing, passing
    from csyspy.tui.stream_plan import stream_options

    tier = choose_for_events(command.tier)
    wanted = passing(filter_text, switches=False) if filter_text.strip() else Passing(kernel_filter, switches=False)
    asked = stream_options(
        wanted,
        needs,
        snaplen=command.snaplen or SNAPLEN,
        ring_bytes=ring_bytes(command.buffer_preset or DEFAULT_PRESET),
        page_faults=command.page_faults,
        large_environment=command.large_environment,
        known_to_sysdig=bool(command.write) and not command.newer_events,
        duration_s=command.duration_s,
        tier=tier,
    )
    source = LiveSource(replace(asked, switches=_asks_for_switches(command), enters=asked.enters or _asks_for_times(command)))
    try:
        metadata = open_metadata(command)
    except BaseException:
        source.close()
        raise
    return NamedSource(source, metadata, on_close=metadata.close)


def _asks_for_switches(command: Command) -> bool:
    """Whether a field is shown or asked for that they keep up, or the filter of a capture that leaves nothing out speaks of them."""
    asked = f"{command.filter} {command.format or ''}"
    if any(field in asked for field in _ON_SWITCH):
        return True
    from csyspy.filters.passing import passing

    return passing(command.filter, switches=False).switches


def _asks_for_times(command: Command) -> bool:
    """Whether it matters how long calls take although no field says so: with --latency, and with chisels that follow events."""
    return command.latency or bool(command.chisels)


def report(source: "NamedSource") -> None:
    """On standard error: who did not answer when asked for names of containers, and a line of events, losses, and what watching cost."""
    for fault in source.faults():
        print(f"csyspy: warning: {fault}", file=sys.stderr)
    print(f"csyspy: {source.overhead().summary()}{source.sees_less}", file=sys.stderr)
