"""subsecoffset: when within the second system calls happen, as a picture."""

from typing import Any

from csyspy.chisels.builtin._chart import NS_PER_MS, ChartChisel, ruler
from csyspy.chisels.layout import number

PARTS = 10


class SubSecOffset(ChartChisel):
    """A row per period: its start on the left, its end on the right, few calls green, many red."""

    name = "subsecoffset"
    category = "CPU Usage"
    short_description = "Draw when within each second system calls happen"
    description = (
        "On a terminal: each row is a period of a second or as long as the argument says, each column a part of it. What repeats within "
        "the period shows as a vertical line. Black is no call, green are tens, yellow hundreds, red thousands a second."
    )
    filter = "evt.dir=>"

    def place(self, event: Any) -> int | None:
        offset: int = event.ts % self.period_ns
        return offset * self.context.columns // self.period_ns + 1

    def scale(self) -> str:
        width = self.context.columns
        return ruler(width, [(-(-n * width // PARTS), number(n * self.period_ns / PARTS / NS_PER_MS) + "ms") for n in range(PARTS)])
