"""Which question is answered by which kernel table, as data.

A view or a chisel says what it needs: rows named by fields, values of fields, and conditions. `plan` finds the table that has them
all, and the probes that fill it; where there is none, the answer needs the event stream.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from csyspy.capture.live.identities import CONTAINER_FIELDS

RowValue = int | float | str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value of a row."""

    field: str
    operation: str = "keep"
    """What becomes of several values of one row: one of csyspy.capture.live.grouping.OPERATIONS; `avg` is the mean over events.
    Of any other nothing is known here."""
    per_second: bool = False
    is_counted: bool = True
    """False: nothing is loaded for it; it is not known, but where something else counts it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of the filter that has to hold for what is counted."""

    text: str
    fields: frozenset[str] = frozenset()
    """What `test` looks at."""
    test: Callable[[Mapping[str, RowValue]], bool] | None = None
    """Its verdict on a row; None where only events decide it."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a view or a chisel is made of; `conditions` are its own and the user's."""

    keys: tuple[str, ...]
    values: tuple[Wanted, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """What a kernel table can say."""

    name: str
    keys: tuple[str, ...]
    """Fields that tell its rows apart, beside those of the thread (THREAD_KEYS)."""
    values: Mapping[str, tuple[str, ...]]
    """Field that is counted -> the probes that count it."""
    holds: tuple[str, ...] = ()
    """Conditions, as csyspy.filters.render writes them, that are true of everything that it counts."""
    requires: tuple[tuple[str, ...], ...] = ()
    """It counts only what meets one condition of each of these, so that one of each has to be asked for."""
    stands_for: Mapping[str, str] = field(default_factory=dict)
    """Field -> the column that has it under these conditions, where it is not the one of that name."""
    of_groups: Mapping[str, str] = field(default_factory=dict)
    """Field -> the column that has it where a row is more than a process."""
    of_threads: bool = True
    """Its rows belong to threads."""
    probes: tuple[str, ...] = ()
    """What the rows themselves come from."""
    weight: str = ""
    """The field that says how many events a value stands for, where means are taken over events."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is answered."""

    needs: Needs
    table: Table
    probes: tuple[str, ...]
    conditions: tuple[Condition, ...]
    """Those left to test on rows."""

    def column(self, name: str) -> str:
        """The table's column that has a field."""
        is_group = PROCESS_KEYS.isdisjoint(self.needs.keys)
        return (self.table.of_groups.get(name) if is_group else None) or self.table.stands_for.get(name, name)


TASKS: Final = "tasks"
SOCKETS: Final = "sockets"
ALL_SOCKETS: Final = "all_sockets"
DESCRIPTORS: Final = "descriptors"
CALLS: Final = "calls"
LATENCIES: Final = "latencies"
CPUS: Final = "cpus"
FAILURES: Final = "failures"
FILE_IO: Final = "file_io"
FILES: Final = "files"
FILE_TIMES: Final = "file_times"
DRIFT: Final = "drift"

LARGER: Final = {LATENCIES: CALLS, FILE_TIMES: FILES, ALL_SOCKETS: SOCKETS}
"""Probe set -> the one whose counts it has as well: without times, or without sockets that are no IP connection."""

THREAD_KEYS: Final = (
    "proc.pid", "thread.tid", "proc.name", "proc.exeline", "proc.ppid", "proc.vpid", "thread.vtid", "user.uid", "user.name",
    *CONTAINER_FIELDS, "proc.fdlimit", "proc.nthreads",
)  # fmt: skip
"""What is known of every thread; columns of any table whose rows belong to threads."""
PROCESS_KEYS: Final = frozenset({"proc.pid", "thread.tid"})
"""Keys whose rows are one process, or a part of it."""

_IP: Final = "fd.type = ipv4 or fd.type = ipv6"
_FILE: Final = "fd.type = file"
_FILE_OR_DIRECTORY: Final = "fd.type = file or fd.type = directory"
_IS_IO: Final = "evt.is_io = true"
_FAILED: Final = "evt.failed = true"
_FILE_KEYS: Final = ("fd.name", "fd.directory", "fd.filename", "fd.containername", "fd.containerdirectory", "fd.type")
_NOT_SWITCH: Final = "evt.type != switch"

TABLES: Final = (
    Table(
        "threads",
        keys=(),
        values={"thread.exectime": ()},
        holds=("evt.type = procinfo",),
        requires=(("evt.type = procinfo",),),
        probes=(TASKS,),
    ),
    Table(
        "threads",
        keys=(),
        values={
            **dict.fromkeys(
                (
                    "thread.cpu", "thread.cpu.user", "thread.cpu.system", "thread.exectime", "thread.vmsize.b", "thread.vmrss.b",
                    "thread.vmsize", "thread.vmrss", "thread.pfmajor", "thread.pfminor", "evt.count.procinfo", "evt.count.threadinfo",
                    "container.cpu.of_limit", "container.cpu.of_request", "k8s.pod.cpu.of_limit", "k8s.pod.cpu.of_request",
                ),
                (),
            ),
            **dict.fromkeys(("evt.buflen.net", "evt.buflen.net.in", "evt.buflen.net.out"), (SOCKETS,)),
            **dict.fromkeys(("evt.buflen.file", "evt.buflen.file.in", "evt.buflen.file.out"), (ALL_SOCKETS,)),
            **dict.fromkeys(("proc.fdopencount", "proc.fdusage"), (DESCRIPTORS,)),
            "evt.count": (CALLS,),
            "evt.count.drift": (DRIFT,),
            **dict.fromkeys(
                (
                    "evt.count.error", "evt.count.error.file", "evt.count.error.net", "evt.count.error.memory", "evt.count.error.other",
                ),
                (FAILURES,),
            ),
        },
        holds=(_NOT_SWITCH,),
        of_groups={name: f"{name} of the living" for name in ("thread.vmsize.b", "thread.vmrss.b", "thread.vmsize", "thread.vmrss")},
        probes=(TASKS,),
    ),
    Table(
        "connections",
        keys=(
            "fd.name", "fd.containername",
            "fd.l4proto", "fd.type", "fd.lip", "fd.rip", "fd.lport", "fd.rport", "fd.sip", "fd.cip", "fd.sport", "fd.cport",
            "fd.role", "fd.state",
        ),
        values=dict.fromkeys(
            (
                "evt.rawarg.res", "evt.buflen", "evt.buflen.in", "evt.buflen.out", "evt.buflen.net", "evt.buflen.net.in",
                "evt.buflen.net.out", "evt.count", "fd.rtt",
            ),
            (),
        ),
        holds=(_IP, _IS_IO, 'fd.name != ""', "evt.failed = false"),
        requires=((_IP,),),
        probes=(TASKS, SOCKETS),
    ),
    Table(
        "file_io",
        keys=(),
        values={"evt.rawarg.res": ()},
        holds=(_FILE, _IS_IO, "evt.failed = false"),
        requires=((_FILE,),),
        probes=(TASKS, FILE_IO),
    ),
    Table(
        "failures",
        keys=("evt.type", "evt.res"),
        values=dict.fromkeys(
            (
                "evt.count", "evt.count.error", "evt.count.error.file", "evt.count.error.net", "evt.count.error.memory",
                "evt.count.error.other",
            ),
            (),
        ),
        holds=(_FAILED, "evt.res != SUCCESS", _NOT_SWITCH),
        requires=((_FAILED, "evt.res != SUCCESS"),),
        probes=(TASKS, FAILURES),
    ),
    Table(
        "calls",
        keys=("evt.type", "syscall.type"),
        values={"evt.count": (CALLS,), "evt.latency": (LATENCIES,)},
        holds=(_NOT_SWITCH,),
        probes=(TASKS,),
        weight="evt.count",
    ),
    Table(
        "cpus",
        keys=("evt.cpu",),
        values=dict.fromkeys(("evt.count", "evt.latency", "evt.buflen.in", "evt.buflen.out", "evt.count.error"), ()),
        holds=("syscall.type exists", _NOT_SWITCH),
        of_threads=False,
        probes=(TASKS, CPUS),
        weight="evt.count",
    ),
    Table(
        "files",
        keys=_FILE_KEYS,
        values={
            **dict.fromkeys(("evt.rawarg.res", "evt.buflen", "evt.buflen.in", "evt.buflen.out"), (FILES,)),
            **dict.fromkeys(("evt.buflen.file", "evt.buflen.file.in", "evt.buflen.file.out"), (FILES,)),
            "evt.latency": (FILE_TIMES,),
        },
        holds=(_IS_IO,),
        requires=((_FILE, _FILE_OR_DIRECTORY), (_IS_IO,)),
        stands_for={"evt.latency": "evt.latency of reads and writes"},
        probes=(TASKS,),
    ),
    Table(
        "files",
        keys=_FILE_KEYS,
        values={"evt.count": ()},
        holds=(_FAILED,),
        requires=((_FILE, _FILE_OR_DIRECTORY), (_FAILED,)),
        stands_for={"evt.count": "evt.count.error"},
        probes=(TASKS, FILES),
    ),
    Table(
        "files",
        keys=_FILE_KEYS,
        values={
            **dict.fromkeys(("evt.count", "evt.count.exit", "evt.count.error", "evt.count.open"), (FILES,)),
            **dict.fromkeys(("evt.buflen.in", "evt.buflen.out", "evt.buflen.file.in", "evt.buflen.file.out"), (FILES,)),
            "evt.latency": (FILE_TIMES,),
        },
        requires=((_FILE, _FILE_OR_DIRECTORY),),
        probes=(TASKS,),
        weight="evt.count",
    ),
    Table(
        "files",
        keys=("fd.type",),
        values={
            **dict.fromkeys(("evt.count", "evt.count.error", "evt.buflen.in", "evt.buflen.out"), (FILES,)),
            "evt.latency": (FILE_TIMES,),
        },
        holds=(_NOT_SWITCH,),
        probes=(TASKS,),
        weight="evt.count",
    ),
)  # fmt: skip
"""In the order in which they are tried: the cheaper first."""


def in_proc(found: Plan) -> bool:
    """Whether /proc has everything that this plan reads, so that it works without programs in the kernel."""
    return set(found.probes) <= {TASKS}


def rows_in_proc(found: Plan) -> bool:
    """Whether /proc has the rows, though not all of their values."""
    return found.table.name == "threads"


def plan(needs: Needs, tables: Sequence[Table] = TABLES) -> Plan | None:
    """The first table that has everything that is to be counted; None where only events do."""
    counted = [wanted.field for wanted in needs.values if wanted.is_counted]
    for table in tables:
        known = {*table.keys, *(THREAD_KEYS if table.of_threads else ())}
        left = tuple(condition for condition in needs.conditions if condition.text not in table.holds)
        if not known.issuperset(needs.keys) or any(name not in known and name not in table.values for name in counted):
            continue
        texts = {condition.text for condition in needs.conditions}
        if any(texts.isdisjoint(alternatives) for alternatives in table.requires):
            continue
        if any(condition.test is None or not known.issuperset(condition.fields) for condition in left):
            continue
        probes = dict.fromkeys((*table.probes, *(probe for name in counted for probe in table.values.get(name, ()))))
        for larger, smaller in LARGER.items():
            if larger in probes:
                probes.pop(smaller, None)
        return Plan(needs, table, tuple(probes), left)
    return None
