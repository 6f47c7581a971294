"""spectrogram: how long system calls take, as a picture."""

import math
from typing import Any

from csyspy.chisels.builtin._chart import ChartChisel, ruler
from csyspy.chisels.layout import format_time

DECADES = 11  # up to a hundred seconds


class Spectrogram(ChartChisel):
    """A row per period: latencies from 1 ns on the left to 100 s on the right, few calls green, many red."""

    name = "spectrogram"
    category = "CPU Usage"
    short_description = "Draw the latency of system calls over time"
    description = (
        "On a terminal: each row is a period, each column a latency on a logarithmic scale from 1 ns to 100 s. Black is no call, "
        "green are tens, yellow hundreds, red thousands a second. A filter restricts it to the calls of interest."
    )
    filter = "evt.dir=<"
    fields = {"latency": "evt.latency"}

    def default_ns(self) -> int:
        return 500_000_000

    def place(self, event: Any) -> int | None:
        latency = event["latency"]
        if not latency:
            return None
        return min(int(math.log10(latency) * self.context.columns / DECADES) + 1, self.context.columns)

    def scale(self) -> str:
        width = self.context.columns
        return ruler(width, [(math.ceil(n * width / DECADES), format_time(10**n)) for n in range(DECADES)])
