"""Which columns a screen of some width shows, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.cells import cell_len

from csyspy.views.format import printable
from csyspy.views.snapshot import Snapshot
from csyspy.views.view import Column

MARKER_WIDTH = 2
"""The selection's ▸ and a blank."""
TREND_WIDTH = 9
REST_WIDTH = 20
"""The last column has to have this much, or a less important one goes."""
TREND_REST_WIDTH = 32
"""The trend is drawn only where the last column keeps this much."""
WIDER_REST_WIDTH = 40
"""A column whose text is longer than its size gets more only where the last column keeps this much."""
NEEDS_STEP = 3
TIMES = frozenset({"evt.time", "evt.time.iso8601", "evt.datetime"})
"""Fields whose digits of the second may be cut where the column is narrow."""
NO_NEEDS: Mapping[int, int] = MappingProxyType({})


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
    columns: tuple[Column, ...],
    width: int,
    *,
    trend_of: int | None = None,
    among: Sequence[int] | None = None,
    skip: int = 0,
    needs: Mapping[int, int] = NO_NEEDS,
) -> tuple[Placed, ...]:
    """Place columns into width cells; the least important go first, of equals the rightmost. Column trend_of gets its trend beside it
    where there is room. The widths, with the marker's, add up to width where that is possible at all.

    `among`: only these columns, in this order (None: all but those that no event tells); those that are counted on request
    stay then, as somebody asked for them. `skip`: so many columns behind the first are scrolled away to the left. `needs`: cells that
    the text of a column takes, the blank behind it included: it gets no more, and where it is longer than its size as much as the last
    column can spare."""
    sizes = [min(column.colsize, needs.get(index, column.colsize)) for index, column in enumerate(columns)]
    chosen = [index for index, column in enumerate(columns) if not column.of_tables] if among is None else list(among)
    del chosen[1 : 1 + min(skip, max(len(chosen) - 2, 0))]
    while len(chosen) > 1 and _rest(sizes, chosen, width) < _least_rest(sizes, chosen):
        droppable = [index for index in chosen if columns[index].colsize and (among is None or not columns[index].on_request)]
        if len(droppable) <= 1:
            break
        chosen.remove(min(reversed(droppable), key=lambda index: columns[index].priority))
    rest = max(_rest(sizes, chosen, width), 0)
    with_trend = trend_of in chosen and rest - TREND_WIDTH >= TREND_REST_WIDTH
    if with_trend:
        rest -= TREND_WIDTH
    if not sizes[chosen[-1]]:
        for index in chosen[:-1]:
            wider = max(min(needs.get(index, 0) - sizes[index], rest - WIDER_REST_WIDTH), 0)
            sizes[index] += wider
            rest -= wider
    placed = []
    for index in chosen:
        size = sizes[index]
        if index == chosen[-1]:  # the last one takes all that is left, whatever its own size is
            size = max(size + rest, 1)
        placed.append(Placed(index, size or REST_WIDTH))
        if with_trend and index == trend_of:
            placed.append(Placed(index, TREND_WIDTH, is_trend=True))
    return tuple(placed)


def needs_of(snapshot: Snapshot, before: Mapping[int, int] = NO_NEEDS) -> dict[int, int]:
    """Cells that the text of each column takes, the blank behind it included; never less than `before`, and by steps, so that a table
    whose rows come and go stands still."""
    needs = {}
    for index, (column, values) in enumerate(zip(snapshot.columns, snapshot.values, strict=True)):
        if column.is_number or not column.colsize or column.field in TIMES:
            continue
        texts = [value for value in set(values) if isinstance(value, str)]
        longest = max(map(len, texts), default=0)
        if longest and not all(map(str.isascii, texts)):
            longest = max(map(cell_len, map(printable, texts)))
        cells = max(longest, len(column.name) + len("▼")) + 1
        stepped = -(-cells // NEEDS_STEP) * NEEDS_STEP
        needs[index] = max(stepped if cells > column.colsize else min(stepped, column.colsize), before.get(index, 0))
    return needs


def most_skipped(columns: tuple[Column, ...], among: Sequence[int] | None = None) -> int:
    """How many columns can be scrolled away: all but the first and the last."""
    return max(len(columns if among is None else among) - 2, 0)


def _least_rest(sizes: list[int], chosen: list[int]) -> int:
    return 0 if sizes[chosen[-1]] else REST_WIDTH


def _rest(sizes: list[int], chosen: list[int], width: int) -> int:
    """Cells that are left for the last column, where its size is 0."""
    fixed = sum(sizes[index] or (REST_WIDTH if index != chosen[-1] else 0) for index in chosen)
    return width - MARKER_WIDTH - fixed
