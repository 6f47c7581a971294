"""Line by line: pieces of bytes from anywhere, cut into lines no longer than is sensible, and lines that are alerts."""

from collections.abc import Callable, Iterator
from typing import Final

from csyspy.rules.feeds.feed import FeedCounts, Receive
from csyspy.rules.feeds.parse import NotAnAlert, parse_alert

LONGEST_BYTES: Final = 1 << 20
"""A longer line is no alert; it is passed over without being kept."""


Take = Callable[[bytes], object]
"""Takes a line without its end."""


def alert_taker(origin: str, receive: Receive, counts: FeedCounts) -> Take:
    """What hands on the alert of a line, or counts what is none."""

    def take(line: bytes) -> None:
        try:
            alert = parse_alert(line.decode("utf-8", "replace"), origin)
        except NotAnAlert as error:
            counts.skip(str(error))
            return
        counts.alerts += 1
        receive(alert)

    return take


class LineReader:
    """Takes pieces, hands on the lines in them that are not empty nor too long; half a line waits for its rest."""

    def __init__(self, take: Take, counts: FeedCounts, longest_bytes: int = LONGEST_BYTES) -> None:
        self._take = take
        self._counts = counts
        self._longest_bytes = longest_bytes
        self._half = b""
        self._passing_over = False

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        for line in self._lines(piece):
            if line.strip():
                self._take(line)

    def end(self) -> None:
        """Nothing more comes: what waits was the last line."""
        half, self._half = self._half, b""
        if half.strip() and not self._passing_over:
            self._take(half)
        self._passing_over = False

    def drop_half(self) -> None:
        """The rest of the line in hand will never come: somebody has cut the file."""
        if self._half or self._passing_over:
            self._counts.skip("a line without its end")
        self._half, self._passing_over = b"", False

    def _lines(self, piece: bytes) -> Iterator[bytes]:
        lines = piece.split(b"\n")
        for number, part in enumerate(lines):
            ends = number < len(lines) - 1
            if self._passing_over:
                self._passing_over = not ends
                continue
            if len(self._half) + len(part) > self._longest_bytes:
                self._counts.skip(f"a line longer than {self._longest_bytes >> 20} MiB")
                self._half, self._passing_over = b"", not ends
                continue
            self._half += part
            if ends:
                line, self._half = self._half, b""
                yield line
