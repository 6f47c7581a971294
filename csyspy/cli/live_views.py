"""Views of this machine without a screen: from the kernel's own tables, or through /proc."""

import time
from collections.abc import Iterator
from typing import Any, Final

from csyspy.capture.live import tier as tiers
from csyspy.capture.live.plan import Plan, rows_in_proc
from csyspy.cli.command import Command
from csyspy.cli.refresh import Refresh
from csyspy.errors import LiveError
from csyspy.tui.kernel_plan import kernel_plan
from csyspy.views.snapshot import Snapshot, Sort, snapshot_of, snapshot_of_columns
from csyspy.views.view import View

DEFAULT_INTERVAL_MS: Final = 2000
FIRST_INTERVAL_S: Final = 0.5
"""The first pass has no rates; the second follows soon."""
A_HAS: Final = "without --tier it comes from the kernel"
OF_PROC: Final = "procs"
"""The view that /proc answers."""


def refreshes(command: Command, view: View, sort: Sort | None) -> Iterator[Refresh]:
    """The view now and again, until there were enough of them. Raises LiveError where this machine or this user cannot."""
    from csyspy.cli.compiled import compiled_filter

    compiled_filter(command.filter)  # what is wrong with it is said here, with its place
    found = kernel_plan(view, command.filter, containers=command.container_data)
    tier = tiers.choose(command.tier)
    lacking = tiers.lacking(tiers.Tier.A, tiers.possibilities())
    if found is not None and (tier is tiers.Tier.A or (rows_in_proc(found) and view.id != OF_PROC)):
        yield from _of_the_kernel(command, view, sort, found, tier)
    elif view.id == OF_PROC and not command.filter:
        yield from _of_proc(command, view, sort)
    elif lacking is not None:
        raise lacking
    elif tier is not tiers.Tier.A:
        asked = f"this filter on {view.id}" if command.filter else f"the view {view.id}"
        raise LiveError(f"tier {tier.value} has nothing for {asked}", A_HAS)
    else:
        without = kernel_plan(view, containers=command.container_data) if command.filter else None
        what = f"the view {view.id}" if without is None else f"this filter on {view.id}"
        raise LiveError(f"{what} needs events, and live events are not part of this version", "read a capture with -r")


def _of_the_kernel(command: Command, view: View, sort: Sort | None, found: Plan, tier: tiers.Tier) -> Iterator[Refresh]:
    from csyspy.capture.live.rows import KernelTables

    columns = view.shown_columns(command.container_data)
    with KernelTables([found], tier=tier) as tables:
        tables.sample()
        begin_ns = tables.time_ns
        for seq in _beats(command):
            tables.sample()
            keys, values = tables.answer(found)
            snapshot = snapshot_of_columns(view, columns, keys, values, sort=sort, seq=seq, time_ns=tables.time_ns)
            yield Refresh(snapshot, begin_ns, tables.time_ns)
            begin_ns = tables.time_ns


def _of_proc(command: Command, view: View, sort: Sort | None) -> Iterator[Refresh]:
    from csyspy.capture.procfs import ProcfsSource

    source = ProcfsSource()
    begin_ns = source.sample().time_ns
    for seq in _beats(command):
        sample = source.sample()
        snapshot: Snapshot = snapshot_of(
            view, sample.processes, sort=sort, containers=command.container_data, seq=seq, time_ns=sample.time_ns
        )
        yield Refresh(snapshot, begin_ns, sample.time_ns)
        begin_ns = sample.time_ns


def _beats(command: Command) -> Iterator[int]:
    """1, 2 … whenever a refresh is due; as many as were asked for."""
    interval_s = (command.interval_ms or DEFAULT_INTERVAL_MS) / 1000
    due_s = time.monotonic() + min(interval_s, FIRST_INTERVAL_S)
    most: Any = command.count or (1 if command.once else None)
    seq = 0
    while seq != most:
        time.sleep(max(due_s - time.monotonic(), 0))
        due_s += interval_s
        seq += 1
        yield seq
