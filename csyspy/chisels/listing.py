"""The plain layout of `-cl` and `-i NAME`: sysdig's columns (libs: userspace/chisel/chisel_fields_info.cpp), lines folded at blanks."""

from collections.abc import Iterable
from textwrap import wrap

from csyspy.chisels.registry import Entry

INDENT = 16  # where descriptions begin
WIDTH = 79


def _folded(text: str, indent: str = "") -> list[str]:
    """The lines of a text; those behind the first begin with `indent`."""
    return wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


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
        lines += _folded(start + entry.short_description, " " * INDENT)
    return lines


def info_lines(entry: Entry) -> list[str]:
    """The lines about one chisel: its place in the list, what it does, its arguments."""
    lines = [*list_lines([entry]), "", *_folded(entry.description), "Args:"]
    if not entry.args:
        lines.append("(None)")
    for argument in entry.args:
        lines += _folded(f"[{argument.kind}] {argument.name} - {argument.description}", " " * INDENT)
    return lines
