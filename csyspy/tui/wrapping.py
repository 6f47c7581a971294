"""Text in lines that fit."""

from textwrap import TextWrapper

from csyspy.tui.cells import Cells

NARROWEST = 20
"""Cells that a text gets however little room there is."""
BETWEEN = "   "
"""Two pairs of name and value."""


def wrapped(text: str, width: int, role: str = "text") -> list[Cells]:
    """A text in lines of at most `width` cells; its own line breaks stay."""
    return [[(line, role)] for part in text.splitlines() for line in _lines(part, width)]


def beside(head: Cells, about: str, width: int, role: str = "text") -> list[Cells]:
    """What something is called, and beside it, in lines that fit `width`, what it is."""
    left = sum(len(text) for text, _ in head)
    first, *more = _lines(about, width - left)
    return [[*head, (first, role)], *([(" " * left + line, role)] for line in more)]


def flowing(head: Cells, pairs: list[tuple[str, str]], width: int, *, cut: bool = False) -> list[Cells]:
    """Names and values one behind the other, as many to a line as fit beside `head`; what is too long for a line goes on in the next, or,
    with `cut`, ends there."""
    left = sum(len(text) for text, _ in head)
    room = max(width - left, NARROWEST)
    lines: list[Cells] = []
    used = room
    for name, value in pairs:
        length = len(name) + 1 + len(value)
        if used and used + len(BETWEEN) + length > room:
            lines.append([*head] if not lines else [(" " * left, "text")])
            used = 0
        first, *more = _lines(value, room - len(name) - 1)
        if cut and more:
            first, more = value[: room - len(name) - 2] + "…", []
        lines[-1] += [(BETWEEN if used else "", "text"), (f"{name} ", "faint"), (first, "text")]
        lines += [[(" " * left + line, "text")] for line in more]
        used = room if more else used + len(BETWEEN) * bool(used) + length
    return lines


def _lines(text: str, width: int) -> list[str]:
    return TextWrapper(max(width, NARROWEST), break_on_hyphens=False).wrap(text) or [""]
