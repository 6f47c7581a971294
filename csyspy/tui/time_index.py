"""Which event happened when: a coarse index of a capture, filled while it is read."""

from bisect import bisect_left, bisect_right

from csyspy.tui.graph import stretch

MOST_MARKS = 8192
MARKS_PER_PART = 8
"""Of a histogram."""


class TimeIndex:
    """Marks of (time, number of events before), from the first event on. Filled by one thread, read by others."""

    def __init__(self) -> None:
        self._times_ns: list[int] = []
        self._counts: list[int] = []
        self.is_complete = False
        """Whether the capture has been read to its end."""

    @property
    def start_ns(self) -> int:
        """Time of the first event, ns since the epoch; 0 where there is none."""
        return self._times_ns[0] if self._times_ns else 0

    @property
    def end_ns(self) -> int:
        """Time of the last event known."""
        return self._times_ns[-1] if self._times_ns else 0

    @property
    def span_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def events(self) -> int:
        return self._counts[-1] if self._counts else 0

    def add(self, time_ns: int, count: int) -> None:
        """`count` events have been read, the last at time_ns. A time before the last mark's counts as that one.

        What an earlier reading, that was broken off, has marked already is passed over."""
        if self._counts and count <= self._counts[-1]:
            return
        if self._times_ns and time_ns <= self._times_ns[-1]:
            self._counts[-1] = count
            return
        self._times_ns.append(time_ns)
        self._counts.append(count)
        if len(self._times_ns) > MOST_MARKS:
            self._times_ns = self._times_ns[:1] + self._times_ns[2::2]
            self._counts = self._counts[:1] + self._counts[2::2]

    def events_before(self, time_ns: int) -> int:
        """A number of events that certainly happened before time_ns, as near as the marks are to it."""
        at = bisect_left(self._times_ns, time_ns) - 1
        return self._counts[at] if at >= 0 else 0

    def time_of(self, number: int) -> int:
        """About when the event of that number happened (evt.num, from 1)."""
        at = min(bisect_right(self._counts, number - 1), len(self._times_ns) - 1)
        return self._times_ns[at] if at >= 0 else 0

    def time_before(self, number: int) -> int:
        """A time at which the event of that number has certainly not happened yet, as near as the marks are to it."""
        at = bisect_left(self._counts, number) - 1
        return self._times_ns[max(at, 0)] if self._times_ns else 0

    def histogram(self, width: int) -> list[float]:
        """Events in each of `width` equal parts of the time; empty where nothing is known."""
        span_ns = self.span_ns
        if not span_ns or width <= 0:
            return []
        parts = min(width, max(len(self._times_ns) - 1, 1))
        rates = [0.0] * parts
        # it is drawn while the capture is read: more marks than that would show nothing more, and cost the reader its time
        step = max(len(self._times_ns) // (parts * MARKS_PER_PART), 1)
        times_ns = [*self._times_ns[: -1 : step], self._times_ns[-1]]
        counts = [*self._counts[: -1 : step], self._counts[-1]]
        start_ns = times_ns[0]
        for before, now, count, more in zip(times_ns, times_ns[1:], counts, counts[1:], strict=False):
            first = (before - start_ns) * parts / span_ns
            last = (now - start_ns) * parts / span_ns
            for part in range(int(first), min(int(last), parts - 1) + 1):
                share = (min(last, part + 1) - max(first, part)) / (last - first)
                rates[part] += (more - count) * max(share, 0.0)
        return stretch(rates, width)
