"""Which columns a screen of some width shows, and where."""

from collections.abc import Sequence
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


def fit(
    columns: tuple[Column, ...], width: int, *, trend_of: int | None = None, among: Sequence[int] | None = None, skip: int = 0
) -> tuple[Placed, ...]:
    """Place columns into width cells; the least important go first, of equals the rightmost. Column trend_of gets its trend beside it
    where there is room. The widths, with the marker's, add up to width where that is possible at all.

    `among`: only these columns, in this order (None: all); those that are counted on request stay then, as somebody
    asked for them. `skip`: so many columns behind the first are scrolled away to the left."""
    chosen = list(range(len(columns)) if among is None else among)
    del chosen[1 : 1 + min(skip, max(len(chosen) - 2, 0))]
    while len(chosen) > 1 and _rest(columns, chosen, width) < _least_rest(columns, chosen):
        droppable = [index for index in chosen if columns[index].colsize and (among is None or not columns[index].on_request)]
        if len(droppable) <= 1:
            break
        chosen.remove(min(reversed(droppable), key=lambda index: columns[index].priority))
    rest = max(_rest(columns, chosen, width), 0)
    with_trend = trend_of in chosen and rest - TREND_WIDTH >= TREND_REST_WIDTH
    if with_trend:
        rest -= TREND_WIDTH
    placed = []
    for index in chosen:
        size = columns[index].colsize
        if index == chosen[-1]:  # the last one takes all that is left, whatever its own size is
            size = max(size + rest, 1)
        placed.append(Placed(index, size or REST_WIDTH))
        if with_trend and index == trend_of:
            placed.append(Placed(index, TREND_WIDTH, is_trend=True))
    return tuple(placed)


def most_skipped(columns: tuple[Column, ...], among: Sequence[int] | None = None) -> int:
    """How many columns can be scrolled away: all but the first and the last."""
    return max(len(columns if among is None else among) - 2, 0)


def _least_rest(columns: tuple[Column, ...], chosen: list[int]) -> int:
    return 0 if columns[chosen[-1]].colsize else REST_WIDTH


def _rest(columns: tuple[Column, ...], chosen: list[int], width: int) -> int:
    """Cells that are left for the last column, where its size is 0."""
    fixed = sum(columns[index].colsize or (REST_WIDTH if index != chosen[-1] else 0) for index in chosen)
    return width - MARKER_WIDTH - fixed
