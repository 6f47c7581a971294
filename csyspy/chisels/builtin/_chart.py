"""A row of coloured blocks per period, with a scale under it that stays at the bottom of the terminal."""

import math
from typing import Any

from csyspy.chisels import colors
from csyspy.chisels.api import Argument, ChiselError, to_number
from csyspy.chisels.builtin._payload import ColoredChisel
from csyspy.chisels.context import Context

# from few to many, in the 256-colour palette; a step is 1.6 times as many
PALETTE = (22, 28, 64, 34, 2, 76, 46, 118, 154, 191, 227, 226, 11, 220, 209, 208, 202, 197, 9, 1)
SHADES = " ░▒░"  # between two colours; the last with the colours swapped stands for three quarters
STEP = math.log10(1.6)
NS_PER_MS = 1_000_000
ONE_S_NS = 1_000_000_000


class ChartChisel(ColoredChisel):
    """Counts events in as many places as the terminal is wide, and draws them each period."""

    args = (Argument("refresh_time", "Milliseconds that a row stands for", "int", optional=True),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.period_ns = self.default_ns()
        self.counts: dict[int, int] = {}

    def default_ns(self) -> int:
        """The period where no argument gives it."""
        return ONE_S_NS

    def on_set_arg(self, name: str, value: str) -> None:
        self.period_ns = int(to_number(self, value, name) * NS_PER_MS)
        if self.period_ns <= 0:
            raise ChiselError(f"chisel {self.name} needs a period of at least a millisecond, not {value}")

    def on_init(self) -> None:
        if not self.context.is_tty:
            self.print("This chisel only works on ANSI terminals. Aborting.")
            raise ChiselError(f"chisel {self.name} draws on a terminal, and the output is none")
        self.context.write(colors.HIDE_CURSOR)

    def place(self, event: Any) -> int | None:
        """Where the event counts: 1 to the width of the terminal; None where it does not."""
        raise LookupError(f"chisel {self.name} has no scale")

    def scale(self) -> str:
        """The line under the rows."""
        return ""

    def on_event(self, event: Any) -> None:
        place = self.place(event)
        if place is not None:
            self.counts[place] = self.counts.get(place, 0) + 1

    def on_interval(self, ts_ns: int, delta_ns: int) -> None:
        row = "".join(self._block(self.counts.get(x, 0)) for x in range(1, self.context.columns + 1))
        self.context.write(f"{colors.cursor_up(1)}{row}{self.color.reset}\n{self.scale()}\n")
        self.counts.clear()

    def _block(self, count: int) -> str:
        if count == 0:
            return f"{colors.foreground(0)}{colors.background(0)} "
        level = min(max(math.log10(count * ONE_S_NS / self.period_ns + 1) / STEP, 1), len(PALETTE))
        low, high = PALETTE[math.floor(level) - 1], PALETTE[math.ceil(level) - 1]
        part = level - math.floor(level)
        if part > 0.75:
            low, high = high, low
        return f"{colors.foreground(low)}{colors.background(high)}{SHADES[int(part * len(SHADES))]}"

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.on_interval(ts_ns, 0)
        self.context.write(f"{self.color.reset}\n{colors.SHOW_CURSOR}")


def ruler(width: int, marks: list[tuple[int, str]]) -> str:
    """A line of `width` columns with a `|` and its text at each place; what would pass the end or the next text is left out."""
    line = ""
    for at, text in marks:
        if at >= len(line) and at + len(text) < width:
            line = line.ljust(at) + "|" + text
    return line
