"""Which columns a screen of some width shows, and where."""

from dataclasses import dataclass

from csyspy.views.view import Column

MARKER_WIDTH = 2
"""The selection's ▸ and a blank."""
TREND_WIDTH = 9
REST_WIDTH = 20
"""The last column has to have this much, or a less important one goes."""
TREND_REST_WIDTH = 32
"""The trend is drawn only where the last column keeps this much."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column on the screen."""

    index: int
    """Among the snapshot's columns."""
    width: int
    """Cells, the blank behind it included."""
    is_trend: bool = False
    """Not the column's value but its recent past, as a sparkline."""


def fit(columns: tuple[Column, ...], width: int, *, trend_of: int | None = None) -> tuple[Placed, ...]:
    """Place columns into width cells; the least important go first, of equals the rightmost. Column trend_of gets its trend beside it
    where there is room. The widths, with the marker's, add up to width where that is possible at all."""
    chosen = list(range(len(columns)))
    while len(chosen) > 1 and _rest(columns, chosen, width) < REST_WIDTH:
        droppable = [index for index in chosen if columns[index].colsize]
        if len(droppable) <= 1:
            break
        chosen.remove(min(reversed(droppable), key=lambda index: columns[index].priority))
    rest = _rest(columns, chosen, width)
    with_trend = trend_of in chosen and rest - TREND_WIDTH >= TREND_REST_WIDTH
    if with_trend:
        rest -= TREND_WIDTH
    placed = []
    for index in chosen:
        placed.append(Placed(index, columns[index].colsize or max(rest, 1)))
        if with_trend and index == trend_of:
            placed.append(Placed(index, TREND_WIDTH, is_trend=True))
    return tuple(placed)


def _rest(columns: tuple[Column, ...], chosen: list[int], width: int) -> int:
    return width - MARKER_WIDTH - sum(columns[index].colsize for index in chosen)
