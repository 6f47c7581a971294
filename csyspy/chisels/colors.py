"""The colours chisels write with, as ANSI sequences that can be switched off."""

CODES = {"reset": 0, "red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36}

CLEAR_SCREEN = "\x1b[2J"
CURSOR_HOME = "\x1b[0;0H"
HIDE_CURSOR = "\x1b[?25l"
SHOW_CURSOR = "\x1b[?25h"


def cursor_up(lines: int) -> str:
    """The sequence that moves the cursor to the start of the line `lines` above."""
    return f"\x1b[{lines}F"


def foreground(index: int) -> str:
    """The sequence for a text colour of the 256-colour palette."""
    return f"\x1b[38;5;{index}m"


def background(index: int) -> str:
    """The sequence for a background colour of the 256-colour palette."""
    return f"\x1b[48;5;{index}m"


class Palette:
    """Colour sequences by name, or empty texts once `off()` was called."""

    def __init__(self) -> None:
        self.reset = self._code("reset")
        self.red = self._code("red")
        self.green = self._code("green")
        self.yellow = self._code("yellow")
        self.blue = self._code("blue")
        self.cyan = self._code("cyan")

    @staticmethod
    def _code(name: str) -> str:
        return f"\x1b[{CODES[name]}m"

    def off(self) -> None:
        """Write without colours from now on."""
        for name in CODES:
            setattr(self, name, "")
