"""A growing sum over time, brought down to a fixed number of rates."""

from itertools import pairwise

POINTS = 120
"""Rates that a timeline is shown with, at most."""


class Timeline:
    """How a sum grew; `add` takes its value at points in time that move on."""

    def __init__(self) -> None:
        self.total = 0.0
        """The newest value."""
        self._marks: list[tuple[int, float]] = []

    def begin(self, time_ns: int) -> None:
        """There was nothing until then; said again it changes nothing."""
        if not self._marks:
            self._marks.append((time_ns, 0.0))

    def add(self, time_ns: int, total: float) -> None:
        """The sum is total at time_ns. A time before the newest known counts as that one."""
        self.total = total
        if self._marks and time_ns <= self._marks[-1][0]:
            self._marks[-1] = (self._marks[-1][0], total)
        else:
            self._marks.append((time_ns, total))
        if len(self._marks) > 4 * POINTS:
            self._marks = self._marks[:1] + self._marks[2::2]

    def rates(self, points: int = POINTS) -> tuple[float, ...]:
        """The growth in each of `points` equal parts of the time between the first mark and the last; fewer where there are fewer marks."""
        if len(self._marks) < 2:
            return ()
        start_ns, end_ns = self._marks[0][0], self._marks[-1][0]
        points = min(points, len(self._marks) - 1)
        rates = [0.0] * points
        width_ns = (end_ns - start_ns) / points
        for (from_ns, before), (to_ns, after) in pairwise(self._marks):
            # a mark's growth is spread evenly over the parts that its time touches
            first, last = (from_ns - start_ns) / width_ns, (to_ns - start_ns) / width_ns
            for part in range(int(first), min(int(last), points - 1) + 1):
                share = (min(last, part + 1) - max(first, part)) / (last - first)
                rates[part] += (after - before) * max(share, 0.0)
        return tuple(rates)
