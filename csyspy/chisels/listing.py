"""The plain layout of `-cl` and `-i NAME`, as sysdig prints it into a pipe (libs: userspace/chisel/chisel_fields_info.cpp)."""

from collections.abc import Iterable

from csyspy.chisels.registry import Entry

INDENT = 16  # where descriptions begin
WIDTH = 79


def _folded(text: str, width: int, indent: str) -> str:
    return ("\n" + indent).join(text[i : i + width] for i in range(0, len(text), width))


def list_lines(entries: Iterable[Entry]) -> list[str]:
    """The lines of a list of chisels, by category; `entries` come sorted by it."""
    lines: list[str] = []
    category = None
    for entry in entries:
        if entry.category != category:
            category = entry.category
            heading = f"Category: {category}"
            lines += ["", heading, "-" * len(heading)]
        if len(entry.name) >= INDENT:
            lines.append(entry.name)
            start = " " * INDENT
        else:
            start = entry.name.ljust(INDENT)
        lines += (start + _folded(entry.short_description, WIDTH - INDENT, " " * INDENT)).split("\n")
    return lines


def info_lines(entry: Entry) -> list[str]:
    """The lines about one chisel: its place in the list, what it does, its arguments."""
    lines = [*list_lines([entry]), "", *_folded(entry.description, WIDTH, "").split("\n"), "Args:"]
    if not entry.args:
        lines.append("(None)")
    for argument in entry.args:
        text = f"[{argument.kind}] {argument.name} - {argument.description}"
        lines += _folded(text, WIDTH - INDENT, " " * INDENT).split("\n")
    return lines
