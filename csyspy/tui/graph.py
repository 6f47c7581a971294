"""Bars and sparklines as text."""

from collections.abc import Sequence

EIGHTHS = " ▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], width: int, peak: float) -> str:
    """The newest `width` values as one line of blocks, right-aligned; peak fills a cell, a value above 0 never looks like 0."""
    return area(values, width, 1, peak)[0]


def area(values: Sequence[float], width: int, height: int, peak: float) -> list[str]:
    """The newest `width` values as columns of blocks, `height` lines from the top down."""
    steps = [_steps(value, peak, height * 8) for value in values[-width:]] if width else []
    steps = [0] * (width - len(steps)) + steps
    return ["".join(EIGHTHS[min(max(step - 8 * line, 0), 8)] for step in steps) for line in reversed(range(height))]


def stretch(values: Sequence[float], width: int) -> list[float]:
    """Values brought to `width` of them: repeated where there are fewer, the greatest of each run where there are more."""
    count = len(values)
    if not count:
        return []
    return [max(values[x * count // width : max((x + 1) * count // width, x * count // width + 1)]) for x in range(width)]


def _steps(value: float, peak: float, most: int) -> int:
    if value <= 0 or peak <= 0:
        return 0
    return most if value >= peak else max(1, round(value / peak * most))
