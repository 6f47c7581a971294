"""Two ways of doing the same thing, measured in turn on a machine that other work disturbs."""

import statistics
from dataclasses import dataclass, field
from typing import NamedTuple


class Median(NamedTuple):
    """Of some values, and where that of all values there could be lies with 95 %."""

    value: float
    low: float
    high: float


@dataclass(slots=True)
class Turns:
    """A cost without something and with it: the former once more, and they follow each other in turn."""

    without: list[float] = field(default_factory=list)
    with_: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """Of each with to the two without beside it."""
        return [2 * here / (before + after) for here, before, after in zip(self.with_, self.without, self.without[1:], strict=False)]

    def noise(self) -> list[float]:
        """Of each without to the two without before and behind it: what the other figure differs from 1 by where there is no difference."""
        return [2 * here / (before + after) for before, here, after in zip(self.without, self.without[1:], self.without[2:], strict=False)]


def median(values: list[float]) -> Median:
    """By the binomial distribution, near enough normal; of few values the least and the greatest."""
    ordered = sorted(values)
    rank = max(int(len(ordered) / 2 - 0.98 * len(ordered) ** 0.5), 0)
    return Median(statistics.median(ordered), ordered[rank], ordered[-1 - rank])
