"""The terminal at hand: which characters it can show, how many colours, and whether it is still there."""

import re
import select
import threading
import unicodedata
from collections.abc import Callable, Mapping
from enum import Enum

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

FEW_GLYPHS = re.compile(r"(linux|dumb|vt\d+|cons\d+|sun|ansi)\b")
"""TERM of terminals without blocks and signs; the console of Linux has 512 glyphs at most, letters for the most part."""


class Symbols(Enum):
    """Which characters are written."""

    AUTO = "auto"
    """As locale and TERM say."""
    UNICODE = "unicode"
    LETTERS = "letters"
    """Other people's texts as they are, our own blocks, lines and signs in ASCII."""
    ASCII = "ascii"
    """Nothing but ASCII."""


def symbols(environment: Mapping[str, str]) -> Symbols:
    """What locale and TERM say. A locale that is not set says nothing: containers have none, at terminals that can all."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    if locale and "utf8" not in locale.casefold().replace("-", ""):
        return Symbols.ASCII
    return Symbols.LETTERS if FEW_GLYPHS.match(environment.get("TERM", "")) else Symbols.UNICODE


def has_few_colours() -> bool:
    """Whether the terminal has no more than 16."""
    return Console(force_terminal=True).color_system in (None, "standard")


def when_gone(fd: int, act: Callable[[], object]) -> None:
    """Have `act` called, by a thread of its own, once the terminal behind `fd` has gone.

    Not everybody gets the signal for that, and who waits for a terminal that takes no more cannot act on it: Textual 8.2 reads on without
    end, and waits for the thread that writes, which has died."""
    poll = select.poll()
    poll.register(fd, 0)  # hanging up is told without being asked for

    def wait() -> None:
        poll.poll()
        act()

    threading.Thread(target=wait, name="csyspy-terminal", daemon=True).start()


class AsciiFilter(LineFilter):
    """The last thing that happens to a line: every character that the terminal lacks becomes one that it has, as wide."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__(enabled=symbols in (Symbols.LETTERS, Symbols.ASCII))
        self._is_all = symbols is Symbols.ASCII

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.control or segment.text.isascii() else Segment(self.plain(segment.text), segment.style)
            for segment in segments
        ]

    def plain(self, text: str) -> str:
        """The text in characters that there are."""
        text = text.translate(_PLAIN)
        return text if not self._is_all or text.isascii() else "".join(char if char.isascii() else _letter(char) for char in text)


def _letter(char: str) -> str:
    """The letter below accents; else question marks."""
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() else "?" * cell_len(char)


def _line(code: int) -> str:
    """What a character of box drawing looks most like."""
    name = unicodedata.name(chr(code))
    if "HORIZONTAL" in name and "VERTICAL" not in name and "DOWN" not in name and "UP" not in name:
        return "-"
    return "|" if "VERTICAL" in name and "HORIZONTAL" not in name and "LEFT" not in name and "RIGHT" not in name else "+"


_PLAIN: dict[int, str | int] = {code: _line(code) for code in range(0x2500, 0x2580)}
_PLAIN |= dict.fromkeys(range(0x2580, 0x25A0), "#")
_PLAIN |= str.maketrans(
    "▁▂▃▄▅▆▇█░▒▓▔▕▏▲▼◆■●◌▶▸◀→←↑↓Ⅱ✗✓×…·—–µ⌕“”‘’\ufffd",
    "..--==##:+%\"||^v*#*o>><><^v=x+x~.--u/\"\"''?",
)
