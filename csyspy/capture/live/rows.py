"""Rows from the kernel's own counts: what views and chisels are made of where no event is needed.

plans = [plan(needs) …]                  # csyspy.capture.live.plan; None: needs the event stream
with KernelTables(plans) as tables:      # loads and attaches what they need, and no more
    tables.sample()                      # the first pass is what later ones are compared with
    …                                    # some time later
    tables.sample()
    keys, columns = tables.answer(plans[0])
"""

import mmap
import sys
import threading
import time
from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from csyspy.capture.live.calls import CallTable, CpuTable, FailureTable
from csyspy.capture.live.connections import ConnectionTable
from csyspy.capture.live.files import FileTable, path_of
from csyspy.capture.live.grouping import OPERATIONS, group, per_second
from csyspy.capture.live.identities import MEASURED, Identities
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.plan import (
    ALL_SOCKETS,
    CALLS,
    CPUS,
    DESCRIPTORS,
    DRIFT,
    FAILURES,
    FILE_IO,
    FILE_TIMES,
    FILES,
    LARGER,
    LATENCIES,
    SOCKETS,
    TASKS,
    Condition,
    Plan,
    RowValue,
)  # fmt: skip
from csyspy.capture.live.probes import attach
from csyspy.capture.live.proc_tasks import ProcTasks
from csyspy.capture.live.task_rows import TaskRows
from csyspy.capture.live.tasks import FILE_BYTES, SOCKET_BYTES, TaskTable
from csyspy.capture.live.tier import Tier
from csyspy.errors import LiveError

NS_PER_S: Final = 1_000_000_000
AVERAGE: Final = "avg"
KEPT: Final = "keep"
_DRAINED: Final = (
    ("connections", SOCKETS, "sockets"),
    ("connections", ALL_SOCKETS, "sockets"),
    ("calls", CALLS, "calls"),
    ("calls", LATENCIES, "calls"),
    ("failures", FAILURES, "failures"),
    ("files", FILES, "files"),
    ("files", FILE_TIMES, "files"),
    ("threads", DRIFT, "drifts"),
)
"""(table, probe set, its map) of those that begin anew at each sample; of each there are two (bpf/turns.h)."""
_SUFFIXES: Final = ("", "_too")
_LOST: Final = {
    TASKS: ("exits_lost",),
    DESCRIPTORS: (),
    SOCKETS: ("sockets_lost",),
    ALL_SOCKETS: ("sockets_lost", "threads_lost"),
    FILE_IO: ("threads_lost",),
    CALLS: ("calls_lost",),
    LATENCIES: ("calls_lost",),
    CPUS: (),
    FAILURES: ("calls_lost",),
    FILES: ("files_lost",),
    FILE_TIMES: ("files_lost",),
    DRIFT: ("drifts_lost",),
}
"""Probe set -> its counters of what found no room."""
_SLOTS: Final = {ALL_SOCKETS: SOCKET_BYTES, FILE_IO: FILE_BYTES}
"""Probe sets with slots for threads, and what they count."""


class KernelTables(AbstractContextManager["KernelTables"]):
    """The tables that some plans need, read together. Raises LiveError where the kernel or this user cannot.

    Below tier A only plans that are `rows_in_proc`; what their probes would have counted is not known."""

    def __init__(self, plans: Sequence[Plan], identities: Identities | None = None, tier: Tier = Tier.A) -> None:
        self._loaded: dict[str, Any] = {}
        self._identities = identities or Identities()
        self._identities.path_of = self._path_of
        self._identities.measures = any(value.field in MEASURED for plan in plans for value in plan.needs.values) or any(
            not MEASURED.isdisjoint(condition.fields) for plan in plans for condition in plan.conditions
        )
        self._tasks = TaskTable(self._identities)
        self._tables: dict[str, Any] = {"threads": self._tasks}
        self._slots: dict[str, mmap.mmap] = {}
        self._calls: mmap.mmap | None = None
        self._rows: TaskRows | ProcTasks
        self._turn = 0
        self.time_ns = 0
        """Of the newest sample, since the epoch."""
        self.interval_s = 0.0
        """Between it and the one before; 0 at the first."""
        try:
            if tier is Tier.A:
                self._attach(plans)
                self._rows = TaskRows(self._loaded[TASKS])
            else:
                self._rows = self._loaded[TASKS] = ProcTasks()  # which is all that there is
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def _attach(self, plans: Sequence[Plan]) -> None:
        """Load what the plans need, side by side: where it has to be compiled first, that takes its time."""
        names = dict.fromkeys((TASKS, *(probe for plan in plans for probe in plan.probes)))
        for larger, smaller in LARGER.items():
            if larger in names:
                names.pop(smaller, None)
        failures: dict[str, Exception] = {}

        def load(name: str) -> None:
            try:
                self._loaded[name] = attach(name)
            except Exception as error:
                failures[name] = error

        threads = [threading.Thread(target=load, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows_of = {TASKS, *(probe for plan in plans for probe in plan.table.probes)}
        for name, error in failures.items():
            if name in rows_of or not isinstance(error, LiveError):
                raise error  # without the others some values are not known (an older kernel may lack a tracepoint)

    def _counts(self, probe: str) -> bool:
        """Whether what the probe set counts is counted, by itself or by a larger one."""
        return probe in self._loaded or any(smaller == probe and larger in self._loaded for larger, smaller in LARGER.items())

    def _path_of(self, cgroup: int) -> bytes | None:
        """The path of a control group that an ended thread belonged to."""
        found = self._loaded[TASKS].map("cgroup_paths").lookup(cgroup.to_bytes(8, sys.byteorder))
        if found is None:
            return None
        path: bytes = path_of(found)
        return path

    @property
    def lost(self) -> int:
        """Entries that found no room in the kernel's tables: what they would have counted is missing."""
        total = 0
        for name, loaded in self._loaded.items():
            for lost in _LOST[name]:
                values = loaded.map(lost).lookup(bytes(4)) or b""
                total += sum(int.from_bytes(values[i : i + 8], sys.byteorder) for i in range(0, len(values), 8))
        return total

    def _make_tables(self) -> None:
        tasks, tables = self._tasks, self._tables
        if self._counts(SOCKETS):
            tables["connections"] = ConnectionTable(tasks, self._identities.listens)
        if self._counts(CALLS):
            tables["calls"] = CallTable(tasks)
            self._calls = next(_mapped(self._loaded[probe], "call_slots") for probe in (CALLS, LATENCIES) if probe in self._loaded)
        if CPUS in self._loaded:
            tables["cpus"] = CpuTable()
        if FAILURES in self._loaded:
            tables["failures"] = FailureTable(tasks)
        if FILE_IO in self._loaded:
            tables["file_io"] = tasks
        if self._counts(FILES):
            tables["files"] = FileTable(tasks)
        for probe in self._loaded.keys() & _SLOTS.keys():
            self._slots[probe] = _mapped(self._loaded[probe], "thread_slots")

    def sample(self) -> None:
        """Read all tables. Raises LiveError.

        What threads did is read before the threads are, so that each is known by then: alive, or ended in between."""
        self._identities.forget()
        drained = [entry for entry in _DRAINED if entry[1] in self._loaded]
        source_suffix = _SUFFIXES[self._turn]
        self._turn ^= 1
        for _, probe, _ in drained:
            self._loaded[probe].map("turns").update(bytes(4), self._turn.to_bytes(4, sys.byteorder))
        read = {name: self._loaded[probe].map(source + source_suffix).entries_read(delete=True) for name, probe, source in drained}
        tasks = self._loaded[TASKS]
        alive = self._rows.read()
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        _, _, ended = tasks.map("exited").entries_read(delete=True)
        self._tasks.update(alive, ended, now_ns)
        if DESCRIPTORS in self._loaded:
            self._tasks.add_fd_counts(self._loaded[DESCRIPTORS].iterate("csp_fd_counts", "task"))
        for probe, slots in self._slots.items():
            _, _, others = self._loaded[probe].map("thread_others").entries_read(delete=True)
            self._tasks.add_bytes(slots, others, _SLOTS[probe])
        for probe in self._loaded.keys() & {FILES, FILE_TIMES}:
            count, keys, values = self._loaded[probe].map("paths").entries_read(delete=True)
            self._tables["files"].learn(keys, values, count)
        if "threads" in read:
            count, keys, values = read.pop("threads")
            self._tasks.add_drift(keys, values, count)
        for name, (count, keys, values) in read.items():
            self._tables[name].update(keys, values, count)
        if self._calls is not None:
            self._tables["calls"].add_slots(self._calls, self._turn ^ 1)
        if CPUS in self._loaded:
            self._tables["cpus"].update(self._loaded[CPUS].map("cpus").lookup(bytes(4)))
        self.time_ns = time.time_ns()
        self.interval_s = self._tasks.interval_ns / NS_PER_S

    def answer(self, plan: Plan) -> tuple[list[Hashable], list[list[RowValue]]]:
        """The rows of the interval before the newest sample: keys (a tuple where there are several fields), and the wanted values,
        column by column. None: not known."""
        table: Any = self._tables[plan.table.name]
        keep = _kept(table, plan.conditions)
        count = len(table) if keep is None else len(keep)

        uncounted = {value.field for value in plan.needs.values if not value.is_counted and value.field not in plan.table.values}

        def column(field: str) -> list[RowValue]:
            if field in uncounted or not all(self._counts(probe) for probe in plan.table.values.get(field, ())):
                return [None] * count
            values: list[RowValue] = table.column(plan.column(field))
            return values if keep is None else [values[i] for i in keep]

        by_weight = {i for i, value in enumerate(plan.needs.values) if value.operation == AVERAGE and plan.table.weight}
        wanted = [
            (column(value.field), "sum" if i in by_weight else value.operation) if value.operation in OPERATIONS else ([None] * count, KEPT)
            for i, value in enumerate(plan.needs.values)
        ]
        if by_weight:
            wanted.append((column(plan.table.weight), "sum"))
        keys, columns = group([column(field) for field in plan.needs.keys], wanted, count)
        weights = columns.pop() if by_weight else []
        for i in by_weight:
            columns[i] = [sum_ / weight if weight else None for sum_, weight in zip(columns[i], weights, strict=True)]
        for i, value in enumerate(plan.needs.values):
            if value.per_second and self.interval_s:
                columns[i] = per_second(columns[i], self.interval_s)
        return keys, columns

    def close(self) -> None:
        """Detach and free everything."""
        if hasattr(self, "_rows"):
            self._rows.close()
        for slots in (*self._slots.values(), *([self._calls] if self._calls is not None else [])):
            slots.close()
        self._slots.clear()
        self._calls = None
        for loaded in self._loaded.values():
            loaded.close()
        self._loaded.clear()

    def __exit__(self, *_: object) -> None:
        self.close()


def _mapped(loaded: Loaded, name: str) -> mmap.mmap:
    """An array of the kernel, as memory."""
    array = loaded.map(name)
    return mmap.mmap(array.fd, array.entries * array.value_size)


def _kept(table: Any, conditions: Sequence[Condition]) -> list[int] | None:
    """The numbers of the rows that meet the conditions; None for all."""
    if not conditions:
        return None
    fields = sorted({field for condition in conditions for field in condition.fields})
    tests = [condition.test for condition in conditions if condition.test is not None]
    verdicts: dict[tuple[RowValue, ...], bool] = {}  # many rows have the same values
    kept = []
    for i, values in enumerate(zip(*(table.column(field) for field in fields), strict=True)):
        verdict = verdicts.get(values)
        if verdict is None:
            row = dict(zip(fields, values, strict=True))
            verdict = verdicts[values] = all(test(row) for test in tests)
        if verdict:
            kept.append(i)
    return kept
