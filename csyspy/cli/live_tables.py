"""Chisels that are tables, on the running kernel: it counts, and no event is streamed."""

import contextlib
import signal
import sys
import time
from typing import Any, Final

from csyspy.capture.live.plan import Condition, Needs, Plan, Wanted, in_proc, plan
from csyspy.capture.live.tier import Tier, choose, second_best
from csyspy.chisels.run import ChiselRun
from csyspy.chisels.table import TableChisel
from csyspy.cli.command import Command
from csyspy.cli.exits import INTERRUPTED, OK
from csyspy.filters.on_rows import conjuncts

PERIOD_S: Final = 1.0
CPU: Final = "thread.cpu"
BUSY: Final = "thread.exectime"


class LiveGroups:
    """What a table chisel shows, summed from the kernel's tables; stands where the engine's group-by stands on captures."""

    def __init__(self, kernel_plan: Plan, *, positive: bool) -> None:
        self.plan = kernel_plan
        self._positive = positive
        self._totals: dict[tuple[Any, ...], float] = {}

    def add(self, keys: list[Any], values: list[float | None]) -> None:
        """Add an interval's rows."""
        single = len(self.plan.needs.keys) == 1
        for key, value in zip(keys, values, strict=True):
            if value is None or (self._positive and not value > 0):
                continue
            name = (key,) if single else key
            self._totals[name] = self._totals.get(name, 0.0) + value

    def rows(self) -> list[tuple[tuple[Any, ...], tuple[float]]]:
        """[(key values, (total,))], as csyspy.engine.groupby.GroupBy gives them."""
        return [(key, (total,)) for key, total in self._totals.items()]

    def clear(self) -> None:
        """Begin anew."""
        self._totals.clear()


def groups_of(chisel: TableChisel, filter_text: str) -> LiveGroups | None:
    """What the kernel can count in place of the chisel's events; None where it cannot."""
    table = chisel.table
    # the CPU chisels add up percents of a second at every procinfo event, which is what the kernel has as ns
    value = Wanted(BUSY if table.value == CPU else table.value, "sum")
    conditions = [Condition(part.text, part.fields, part.test) for text in (table.filter, filter_text) for part in conjuncts(text)]
    found = plan(Needs(table.keys, (value,), tuple(conditions)))
    return None if found is None else LiveGroups(found, positive=not table.keep_zero)


def planned(run: ChiselRun, filter_text: str) -> list[LiveGroups] | None:
    """Groups for all chisels of the run, in their order; None where one of them needs events."""
    groups = []
    for chisel in run.chisels:
        found = groups_of(chisel, filter_text) if isinstance(chisel, TableChisel) else None
        if found is None:
            return None
        groups.append(found)
    return groups


def run(command: Command) -> int | None:
    """Show the command's chisels from the kernel's tables; the exit code, or None where one of them needs the event stream.

    Without -M there is a table each second, as sysdig shows it, until somebody interrupts; with -M one at the end. Raises LiveError.
    """
    from csyspy.cli.chisels import are_tables, set_up

    if command.write or command.count or not are_tables(command):
        return None
    chisels = set_up(command, "", endless=not command.duration_s)
    groups = planned(chisels, command.filter)
    if groups is None:
        return None
    tier = choose(command.tier)
    if tier is not Tier.A and not all(in_proc(own.plan) for own in groups):
        return None
    if note := second_best(tier, command.tier):
        print(f"csyspy: {note}", file=sys.stderr)
    for chisel, own in zip(chisels.chisels, groups, strict=True):
        assert isinstance(chisel, TableChisel)
        chisel.groups = own
    return _show(command, chisels, groups, tier)


def _show(command: Command, chisels: ChiselRun, groups: list[LiveGroups], tier: Tier) -> int:
    from csyspy.capture.live.identities import Identities
    from csyspy.capture.live.rows import KernelTables
    from csyspy.cli.metadata import SETTLE_S, open_metadata

    metadata = open_metadata(command)
    with contextlib.closing(metadata), KernelTables([own.plan for own in groups], Identities(metadata), tier) as tables:
        tables.sample()
        for own in groups:
            tables.answer(own.plan)  # asks for the names of the containers that are there already
        metadata.settle(SETTLE_S)
        began_ns = last_ns = tables.time_ns
        begin_s = time.monotonic()
        end_s = begin_s + command.duration_s if command.duration_s else float("inf")
        for chisel in chisels.chisels:
            chisel.on_capture_start()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        code, tick = OK, 1
        try:
            while (now_s := time.monotonic()) < end_s:
                sys.stdout.flush()
                time.sleep(max(min(begin_s + tick * PERIOD_S, end_s) - now_s, 0))
                tick += 1
                _sample(tables, groups)
                for chisel in chisels.chisels if not command.duration_s else ():
                    chisel.on_interval(tables.time_ns, tables.time_ns - last_ns)
                last_ns = tables.time_ns
        except KeyboardInterrupt:
            code = INTERRUPTED
            _sample(tables, groups)
        for chisel in chisels.chisels:
            chisel.on_capture_end(tables.time_ns, tables.time_ns - began_ns)
        if tables.lost:
            sys.stdout.flush()
            print(f"csyspy: {tables.lost} entries found no room in the kernel's tables and are not counted", file=sys.stderr)
    return code


def _sample(tables: Any, groups: list[LiveGroups]) -> None:
    tables.sample()
    for own in groups:
        keys, columns = tables.answer(own.plan)
        own.add(keys, columns[0])
