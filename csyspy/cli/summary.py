"""The table of -S: how often each type of event was seen.

Types seen equally often stand in the order in which sysdig prints them: it sorts a table of all types with C++'s
`std::sort`, which does not keep the order of equals but leaves them in one that its steps determine. So the same
table is sorted with the same steps here: quicksort on the median of three down to 16 entries, then by insertion
(`sysdig: userspace/sysdig/sysdig.cpp`, print_summary_table; libs: driver/ppm_events_public.h for the table's sizes).
"""

from collections.abc import Iterator

from csyspy.events import EVENT_TABLE
from csyspy.events.syscalls import syscall_name

LINES = 100
"""The table shows no more types."""
_NAME_WIDTH = 16
_EVENT_TYPES, _SYSCALLS = 336, 329
"""Event ids and syscall codes of 0.29.3: the length of its table."""
_SMALL = 16

Calls = tuple[dict[int, int], dict[tuple[int, int], int]]
"""Calls by event id, and by (syscall code, 0 enter or 1 exit) of events that have no id of their own."""
Entry = tuple[int, str]
"""Calls, and the line's head: direction and name."""


def lines(calls: Calls) -> Iterator[str]:
    """The table, without line ends."""
    yield "-" * 22
    yield "Event".ljust(_NAME_WIDTH) + "#Calls"
    yield "-" * 22
    for count, head in _sorted(_table(calls))[:LINES]:
        if count:
            yield f"{head}{count}"


def _table(calls: Calls) -> list[Entry]:
    by_type, by_code = calls
    generic: dict[tuple[int, int], int] = {}
    for (code, way), count in by_code.items():
        known = (code if str(code) in EVENT_TABLE["ppm_sc"] else 0, way)  # a damaged event may carry any code
        generic[known] = generic.get(known, 0) + count
    types = max(_EVENT_TYPES, max(by_type, default=0) + 1)
    codes = max(_SYSCALLS, max((code for code, _ in generic), default=0) + 1)
    names = {event["id"]: event["name"] for event in EVENT_TABLE["events"]}
    table = [(by_type.get(i, 0), _head(i & 1, names.get(i, ""))) for i in range(types)]
    for code in range(codes):
        for way in (0, 1):
            table.append((generic.get((code, way), 0), _head(way, syscall_name(code, old=True))))
    return table


def _head(way: int, name: str) -> str:
    return "> < "[2 * way : 2 * way + 2] + name[:_NAME_WIDTH].ljust(_NAME_WIDTH)


def _sorted(table: list[Entry]) -> list[Entry]:
    """``table`` by falling count, equals where C++'s `std::sort` leaves them."""
    out = list(table)
    _quicksort(out, 0, len(out), 2 * (len(out).bit_length() - 1))
    for i in range(1, len(out)):
        _insert(out, i)
    return out


def _quicksort(out: list[Entry], first: int, last: int, depth: int) -> None:
    while last - first > _SMALL:
        if depth == 0:
            out[first:last] = sorted(out[first:last], key=lambda entry: -entry[0])
            return
        depth -= 1
        cut = _partition(out, first, last)
        _quicksort(out, cut, last, depth)
        last = cut


def _partition(out: list[Entry], first: int, last: int) -> int:
    middle = first + (last - first) // 2
    places = (first + 1, middle, last - 1)
    median = _median_place((out[places[0]][0], out[places[1]][0], out[places[2]][0]), places)
    out[first], out[median] = out[median], out[first]
    pivot = out[first][0]
    low, high = first + 1, last
    while True:
        while out[low][0] > pivot:
            low += 1
        high -= 1
        while pivot > out[high][0]:
            high -= 1
        if low >= high:
            return low
        out[low], out[high] = out[high], out[low]
        low += 1


def _median_place(counts: tuple[int, int, int], places: tuple[int, int, int]) -> int:
    """Which of three places holds the median; among equals the one that `std::sort` takes."""
    a, b, c = counts
    if a > b:
        return places[1] if b > c else places[2] if a > c else places[0]
    return places[0] if a > c else places[2] if b > c else places[1]


def _insert(out: list[Entry], i: int) -> None:
    entry = out[i]
    while i > 0 and entry[0] > out[i - 1][0]:
        out[i] = out[i - 1]
        i -= 1
    out[i] = entry
