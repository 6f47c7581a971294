"""How long calls took, over time: counts by latency, a row per period (csysdig's spectrogram)."""

import math
from collections import Counter
from typing import Any, NamedTuple

from csyspy.engine.groupby import GroupBy
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter

BUCKETS = 71
"""Values of evt.latency.quantized: 1 for 1 ns up to BUCKETS for 100 s, on a logarithmic scale."""
DECADES = 11
MOST_ROWS = 20_000
"""The newest ones: live, half a second each, almost three hours."""


class LatencyRow(NamedTuple):
    """One period."""

    start_ns: int
    counts: dict[int, int]
    """Bucket -> calls."""


def latency_ns(bucket: int) -> int:
    """The shortest latency of a bucket."""
    return math.ceil(10 ** ((max(bucket, 1) - 1) * DECADES / (BUCKETS - 1)))


class LatencyCollector:
    """Counts the calls that pass a filter, by period. Raises FieldError where it is wrong.

    With `coarser_at`, an even number of rows, any time fits into fewer: where so many have come, two become one, and the periods are twice
    as long from there on. Otherwise the oldest go in the end."""

    is_full = False

    def __init__(self, filter_text: str, period_ns: int, coarser_at: int = 0) -> None:
        self.rows: list[LatencyRow] = []
        self.period_ns = period_ns
        self._coarser_at = coarser_at
        self._table = GroupBy([compile_field("evt.latency.quantized")], [(None, "count", 1.0)], None)
        self._table.inner = compile_filter(filter_text).program
        self._table.needs |= self._table.inner.needs
        self._table.every(period_ns, self._end_row, True)
        self.sinks: list[Any] = [self._table]

    def end(self) -> None:
        """The last period is over, too."""
        if self._table.rows():
            last = self.rows[-1].start_ns + self.period_ns if self.rows else 0
            self._end_row(last, self.period_ns)

    def _end_row(self, start_ns: int, length_ns: int) -> None:
        counts = {int(key[0]): int(totals[0]) for key, totals in self._table.rows() if key[0]}
        self._table.clear()
        self.rows.append(LatencyRow(start_ns, counts))
        if len(self.rows) == self._coarser_at:
            self._coarsen()
        elif len(self.rows) > MOST_ROWS:
            del self.rows[: MOST_ROWS // 10]

    def _coarsen(self) -> None:
        self.period_ns *= 2
        self._table.lengthen(self.period_ns)
        self.rows = [
            LatencyRow(first.start_ns, dict(Counter(first.counts) + Counter(then.counts)))
            for first, then in zip(self.rows[::2], self.rows[1::2], strict=True)
        ]
