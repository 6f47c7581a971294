"""The order in which a snapshot's rows are shown: sorted, without those that lack a text, or as a tree."""

from collections.abc import Hashable, Mapping
from dataclasses import replace

from csyspy.views.format import cell_text
from csyspy.views.snapshot import Snapshot, Sort, sorted_order
from csyspy.views.view import Kind

MOST_GONE = 500
"""Where more rows vanish at once, another time is looked at: nobody wants to see them all go."""


def arranged(snapshot: Snapshot, sort: Sort | None, row_text: str = "") -> Snapshot:
    """The snapshot in that order (None: its own), with only the rows that contain row_text, letters of either case alike."""
    order, sort = snapshot.order, sort or snapshot.sort
    if sort != snapshot.sort and sort.column < len(snapshot.columns):
        order = sorted_order(snapshot.values[sort.column], snapshot.keys, sort)
    else:
        sort = snapshot.sort
    if row_text:
        order = tuple(row for row in order if row_contains(snapshot, row, row_text.casefold()))
    return replace(snapshot, order=order, sort=sort) if order is not snapshot.order or sort != snapshot.sort else snapshot


def with_gone(snapshot: Snapshot, before: Snapshot) -> tuple[Snapshot, frozenset[Hashable]]:
    """The snapshot and, once more and in the places where they stood, the rows that were shown before and are there no longer; their keys.

    Both snapshots are of the same view."""
    present = set(snapshot.keys)
    gone = [(line, row) for line, row in enumerate(before.order) if before.keys[row] not in present]
    if not gone or len(gone) > MOST_GONE or snapshot.view.kind is Kind.LIST:
        return snapshot, frozenset()
    order = list(snapshot.order)
    for number, (line, _) in enumerate(gone):
        order.insert(line, len(snapshot) + number)
    rows = [row for _, row in gone]
    keys = tuple(before.keys[row] for row in rows)
    values = tuple((*now, *(then[row] for row in rows)) for now, then in zip(snapshot.values, before.values, strict=True))
    return replace(snapshot, keys=snapshot.keys + keys, values=values, order=tuple(order)), frozenset(keys)


def row_contains(snapshot: Snapshot, row: int, folded: str) -> bool:
    """Whether any cell of the row, as it is printed, has the text (which is casefolded)."""
    return any(
        folded in cell_text(values[row], column.unit).casefold()
        for values, column in zip(snapshot.values, snapshot.columns, strict=True)
    )


def tree(snapshot: Snapshot, parent_field: str = "proc.ppid") -> tuple[Snapshot, Mapping[int, str]]:
    """Rows below their parents, siblings in the order they had; and per row the guide (`│ └─ `) that its last cell begins with."""
    parents = next((values for values, column in zip(snapshot.values, snapshot.columns, strict=True) if column.field == parent_field), None)
    if parents is None:
        return snapshot, {}
    row_of: dict[Hashable, int] = {snapshot.keys[row]: row for row in snapshot.order}
    children: dict[Hashable, list[int]] = {}
    roots: list[int] = []
    for row in snapshot.order:
        parent = parents[row]
        if parent in row_of and row_of[parent] != row:
            children.setdefault(parent, []).append(row)
        else:
            roots.append(row)
    order: list[int] = []
    guides: dict[int, str] = {}
    seen: set[int] = set()
    # a capture may hold pids that were used again: rows that only a circle leads to become roots at the end
    for root in [*roots, *snapshot.order]:
        stack = [(root, "", "")]
        while stack:
            row, guide, indent = stack.pop()
            if row in seen:
                continue
            seen.add(row)
            order.append(row)
            guides[row] = guide
            below = children.get(snapshot.keys[row], [])
            for child in reversed(below):
                last = child == below[-1]
                stack.append((child, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  ")))
    return replace(snapshot, order=tuple(order)), guides
