"""Text mode: read captures, print their events (or run chisels, count, rewrite), as sysdig does."""

from csyspy.cli.command import Command
from csyspy.cli.exits import LiveError


def run(command: Command) -> int:
    """Read the command's captures one after the other; the exit code."""
    if not command.files:
        hint = "read a capture with -r FILE; on a terminal, csyspy alone shows live processes"
        raise LiveError("live capture as text is not part of this version", hint)
    return 0
