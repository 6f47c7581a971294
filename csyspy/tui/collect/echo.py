"""The data that is read and written (csysdig's echo)."""

from bisect import bisect_right
from enum import Enum
from typing import Any, NamedTuple

from csyspy.engine.callback import CallbackSink, EventView
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.tui.scope import joined

FILTER = "evt.is_io=true and evt.dir=< and evt.rawres>0"
FIELDS = {"is_read": "evt.is_io_read", "bytes": "evt.rawres", "fd": "fd.name", "process": "proc.name", "data": "evt.buffer"}
MOST_LINES = 500_000
MOST_BYTES = 128 << 20
"""Where single buffers are large."""
HEX_BYTES = 16


class Display(Enum):
    """How data is shown (csysdig's F2)."""

    DOTTED = "dotted"
    """What cannot be printed as a dot."""
    PRINTABLE = "printable"
    """Without what cannot be printed."""
    HEX = "hex"
    """Offset, bytes, characters."""

    @property
    def next(self) -> "Display":
        modes = list(Display)
        return modes[(modes.index(self) + 1) % len(modes)]


class Chunk(NamedTuple):
    """The data of one read or write."""

    number: int
    time_ns: int
    is_read: bool
    moved_bytes: int
    """That were moved; the capture may hold fewer (its snaplen)."""
    fd: str
    process: str
    tid: int
    data: bytes


def lines_of(data: bytes, display: Display) -> tuple[str, ...]:
    """Data as lines that a terminal can show, whatever is in it."""
    if display is Display.HEX:
        return tuple(_hex_line(data, at) for at in range(0, len(data), HEX_BYTES))
    replacement = "." if display is Display.DOTTED else ""
    return tuple(_cleaned(line, replacement) for line in data.decode("utf-8", "replace").replace("\ufffd", replacement).splitlines())


def _cleaned(text: str, replacement: str) -> str:
    text = text.replace("\t", "    ")
    return text if text.isprintable() else "".join(char if char.isprintable() else replacement for char in text)


def _hex_line(data: bytes, at: int) -> str:
    part = data[at : at + HEX_BYTES]
    left, right = part[: HEX_BYTES // 2].hex(" "), part[HEX_BYTES // 2 :].hex(" ")
    shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
    return f"{at:06x}  {left:<23}  {right:<23}  {shown}"


class EchoCollector:
    """Keeps the data of what passes a filter, up to MOST_LINES lines and MOST_BYTES. Raises FieldError."""

    def __init__(self, filter_text: str, display: Display = Display.DOTTED) -> None:
        self.chunks: list[Chunk] = []
        self._display = display
        self._starts: list[int] = []
        self._lines = self._bytes = 0
        self._split: tuple[int, tuple[str, ...]] = (-1, ())
        """Number of the chunk that was drawn last, and its lines."""
        view = EventView({label: compile_field(field) for label, field in FIELDS.items()})
        self.sinks: list[Any] = [CallbackSink(view, self._add, compile_filter(joined(filter_text, FILTER)).program)]

    @property
    def is_full(self) -> bool:
        """Whether no more data is taken."""
        return self._lines >= MOST_LINES or self._bytes >= MOST_BYTES

    @property
    def line_count(self) -> int:
        return self._lines

    def clear(self) -> None:
        """Forget what was collected so far."""
        self.chunks.clear()
        self._starts.clear()
        self._lines = self._bytes = 0
        self._split = (-1, ())

    def use(self, display: Display) -> None:
        """Show the data so; how many lines there are changes with it."""
        chunks = list(self.chunks)
        self.clear()
        self._display = display
        for chunk in chunks:
            self._keep(chunk)

    def line(self, number: int) -> tuple[Chunk, str | None]:
        """The chunk that a line belongs to, and the line's text; None for the rule above the chunk."""
        at = bisect_right(self._starts, number) - 1
        chunk, below = self.chunks[at], number - self._starts[at]
        if not below:
            return chunk, None
        if self._split[0] != at:
            self._split = (at, lines_of(chunk.data, self._display))
        return chunk, self._split[1][below - 1]

    def _add(self, event: Any) -> None:
        if not self.is_full:
            self._keep(
                Chunk(
                    event.num, event.ts, bool(event["is_read"]), event["bytes"] or 0, event["fd"] or "<NA>", event["process"] or "<NA>",
                    event.tid, event["data"] or b"",
                )
            )

    def _keep(self, chunk: Chunk) -> None:
        self._starts.append(self._lines)
        self.chunks.append(chunk)
        self._lines += 1 + len(lines_of(chunk.data, self._display))
        self._bytes += len(chunk.data)
