"""Events of the running kernel as a source for text mode, and what is said of its cost at the end."""

import sys
from typing import TYPE_CHECKING, Final

from csyspy.cli.command import Command

if TYPE_CHECKING:
    from csyspy.capture.named import NamedSource
    from csyspy.events.kernel_filter import KernelFilter

NEED_FD: Final = 2
"""csyspy.engine.state: tables of descriptors are kept up."""
SWITCH: Final = "switch"
LATENCY: Final = "latency"
_ON_SWITCH: Final = ("thread.exectime", "thread.totexectime")
"""Fields that only switches between threads keep up."""


def open_live(
    command: Command, *, filter_text: str = "", kernel_filter: "KernelFilter | None" = None, needs: int = NEED_FD
) -> "NamedSource":
    """The kernel's events from now on, with the names of containers; those may be left out that fail ``filter_text`` or ``kernel_filter``.

    ``needs`` are those of the sinks. Raises LiveError where there can be no events here."""
    from csyspy.capture.live.stream import SNAPLEN, LiveSource, StreamOptions
    from csyspy.capture.live.tier import choose_for_events
    from csyspy.capture.named import NamedSource
    from csyspy.cli.metadata import open_metadata
    from csyspy.filters.kernel_split import split
    from csyspy.filters.parser import parse

    tier = choose_for_events(command.tier)
    source = LiveSource(
        StreamOptions(
            snaplen=command.snaplen or SNAPLEN,
            switches=_asks_for_switches(command),
            page_faults=command.page_faults,
            enters=_asks_for_times(command),
            known_to_sysdig=bool(command.write) and not command.newer_events,
            duration_s=command.duration_s,
            tier=tier,
            kernel_filter=split(parse(filter_text)) if filter_text.strip() else kernel_filter,
            follow_fds=bool(needs & NEED_FD),
            container_of=container_of_process,
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


def _asks_for_times(command: Command) -> bool:
    """Whether it matters how long calls take: with --latency, with a field that says so, and with chisels that follow events."""
    return command.latency or bool(command.chisels) or LATENCY in f"{command.filter} {command.format or ''}"


def container_of_process(pid: int) -> str | None:
    """Id of the container that a process is in, `host` for none; None where the process is gone."""
    from csyspy.containers import container_of

    try:
        with open(f"/proc/{pid}/cgroup", "rb") as file:
            lines = [line.split(b":", 2) for line in file.read().splitlines()]
    except OSError:
        return None
    found = container_of([(parts[1], parts[2]) for parts in lines if len(parts) == 3])
    return found[0] if found is not None else "host"


def report(source: "NamedSource") -> None:
    """One line on standard error: events, losses, and what watching cost."""
    print(f"csyspy: {source.overhead().summary()}{source.sees_less}", file=sys.stderr)
