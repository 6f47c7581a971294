"""What a chisel prints."""

import io
import re
from typing import Any

from csyspy.chisels.api import EndCapture
from csyspy.chisels.context import Context
from csyspy.chisels.run import ChiselRun
from csyspy.views.format import printable

MOST_LINES = 100_000
_COLOURS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class ChiselCollector:
    """Runs a chisel on the events that pass a filter, and keeps its lines. Raises ChiselError."""

    def __init__(self, name: str, arguments: str, filter_text: str) -> None:
        self.lines: list[str] = []
        self._out = io.BytesIO()
        context = Context(filter_text=filter_text, columns=200, rows=50, out=self._out)
        self._run = ChiselRun([(name, arguments)], context)
        self.sinks: list[Any] = self._run.sinks
        self._state: Any = None

    @property
    def is_full(self) -> bool:
        """Whether no more lines are taken."""
        return len(self.lines) >= MOST_LINES

    def step(self, state: Any) -> None:
        """Between two events, and before the first: take what was printed."""
        if self._state is None:
            self._state = state
            self._run.begin(state)
        self._take()

    def end(self) -> None:
        """No more events come. Raises ChiselError."""
        if self._state is not None:
            try:
                self._run.end(self._state)
            except EndCapture:
                pass
        self._take(is_last=True)

    def _take(self, *, is_last: bool = False) -> None:
        text = self._out.getvalue()
        end = len(text) if is_last else text.rfind(b"\n") + 1
        if end:
            self._out.seek(0)
            self._out.truncate()
            self._out.write(text[end:])
            lines = _COLOURS.sub(b"", text[:end]).decode("utf-8", "replace").splitlines()
            self.lines += [printable(line.expandtabs()) for line in lines[: MOST_LINES - len(self.lines)]]
