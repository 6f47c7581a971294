"""The kernel's part of a filter, made into C and kept up to date: bpf/prefilter.h has the facts, this writes the clauses behind it.

The C has only the shape of the clauses; numbers and names go into maps. So two filters of one shape share their bytecode, and another
process to watch is no reason to compile.
"""

import os
import select
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

from csyspy.capture.live.load import Loaded
from csyspy.capture.live.ring import RingReader
from csyspy.events import EVENT_TABLE
from csyspy.events.kernel_filter import FD_CALLS, MAX_CLAUSES, Clause, Container, KernelFilter

FEW: Final = 8
"""Numbers that are compared one by one; more are looked up."""
MOST_NUMBERS, MOST_NAMES = 256, 63
WATCH_PLACES: Final = 16384
_KINDS: Final = {"socket": 1, "file": 2, "pipe": 4, "other": 8}
_HOOKS: Final = {"watch_exec": "sched_process_exec", "watch_fork": "sched_process_fork", "watch_exit": "sched_process_exit"}
_NAME: Final = struct.Struct("=16sQ")
_IDS: Final = struct.Struct("=QQ")
_WATCH: Final = struct.Struct("=qQ")
_COME, _FOUND = struct.pack("=I", 0), struct.pack("=I", 1)
_VERDICT: Final = struct.Struct("=IIQ")
ContainerOf = Callable[[int], str | None]
"""A process' container: its id, `host` on the host, None where the process is gone."""


@dataclass(slots=True)
class _Plan:
    """What goes into the maps, and the C that looks there."""

    numbers: list[int] = field(default_factory=list)
    sets: dict[int, frozenset[int]] = field(default_factory=dict)
    names: dict[frozenset[str], int] = field(default_factory=dict)
    containers: dict[Container, int] = field(default_factory=dict)

    @property
    def name_count(self) -> int:
        """Entries of the table of names."""
        return sum(map(len, self.names))

    def number_test(self, value: str, numbers: frozenset[int]) -> str:
        """C that tells whether a value is one of some numbers."""
        if len(numbers) <= FEW and len(self.numbers) + len(numbers) <= MOST_NUMBERS:
            first = len(self.numbers)
            self.numbers += [number & 0xFFFFFFFF for number in sorted(numbers)]
            return f"among({value}, {first}, {len(numbers)})"
        test = len(self.sets)
        self.sets[test] = numbers
        return f"among_many({value}, {test})"

    def name_bit(self, names: frozenset[str]) -> int:
        return self.names.setdefault(names, len(self.names))

    def container_bit(self, test: Container) -> int:
        return self.containers.setdefault(test, len(self.containers))


def call_masks(kernel: KernelFilter, event_names: dict[int, str]) -> dict[int, int]:
    """Number of a system call -> its clauses by bit. ``event_names``: what the events of some calls are called by this source.

    Where nothing is asked of a call its mask is 0; calls that are not in it are not wanted."""
    names = {int(code): name for code, name in EVENT_TABLE["ppm_sc"].items()}
    free = sum(1 << i for i, clause in enumerate(kernel.clauses) if clause == Clause())
    found: dict[int, int] = {}
    for row in EVENT_TABLE["syscalls_x86_64"]:
        called = {names[row["ppm_sc"]], event_names.get(row["nr"], "")}
        mask = reduce(or_, (kernel.calls.get(name, 0) for name in called))
        if mask:
            found[row["nr"]] = 0 if mask & free else mask
    return found


class Prefilter:
    """One filter's C (`sources`, to be compiled before what calls ``prefilter``), and what its maps hold while it runs."""

    def __init__(self, kernel: KernelFilter, container_of: ContainerOf | None = None, *, follow_fds: bool = False) -> None:
        """``follow_fds``: calls that change descriptors are wanted of every thread that can pass (`fd_clauses`)."""
        self.kernel = kernel
        self._container_of = container_of
        self._plan = _Plan()
        self._clauses = list(kernel.clauses)
        self.fd_clauses = self._follow() if follow_fds else 0
        """The mask of calls that change descriptors: what the filter asks of the thread, and nothing else."""
        body = [self._clause(i, clause) for i, clause in enumerate(self._clauses)]
        head = f"#define PREFILTER 1\n#define FILTER_NAMES {self._plan.name_count if self.watches_names else 0}\n"
        self.marks_newcomers = self.watches_names and all(_of_thread(clause) != Clause() for clause in kernel.clauses)
        """The kernel tells of what a program has from before it where its name is what begins to pass."""
        head += f"#define FILTER_NEWCOMERS {int(self.marks_newcomers)}\n"
        self.sources: list[str | Path] = [head, Path("prefilter.h"), self._function(body)]

    def _follow(self) -> int:
        """Adds the clauses that tell whether a thread can pass at all; their mask, 0 where every thread can."""
        mask = 0
        for clause in self.kernel.clauses:
            of_thread = _of_thread(clause)
            if of_thread == Clause():
                return 0
            if of_thread not in self._clauses:
                self._clauses.append(of_thread)
            mask |= 1 << self._clauses.index(of_thread)
        return mask if len(self._clauses) <= MAX_CLAUSES else 0

    @property
    def watches_names(self) -> bool:
        """Threads are remembered by their names; more of them than fit are not tested at all."""
        return 0 < self._plan.name_count <= MOST_NAMES

    @property
    def waits(self) -> bool:
        """Nothing passes until a thread of one of certain names is there."""
        return self.kernel.watches_names_only and self.watches_names

    # --- C ---

    def _clause(self, bit: int, clause: Clause) -> str:
        tests = []
        plan = self._plan
        if clause.failed:
            tests.append("ret < 0")
        if clause.pids is not None:
            tests.append(plan.number_test("(u32)(pid_tgid >> 32)", clause.pids))
        if clause.tids is not None:
            tests.append(plan.number_test("(u32)pid_tgid", clause.tids))
        if clause.comms is not None:
            tests.append(f"names & {1 << plan.name_bit(clause.comms)}ULL")
        if clause.uids is not None:
            one = [plan.number_test(f"users.{which}", clause.uids) for which in ("effective", "real", "saved")]
            tests.append(f"(users.foreign || {' || '.join(one)})")
        for container in sorted(clause.containers, key=repr):
            tests.append(f"(!known || containers & {1 << plan.container_bit(container)}ULL)")
        if clause.fd_kinds is not None:
            kinds = sum(_KINDS[kind] for kind in clause.fd_kinds)
            tests.append(f"(!has_fd || kinds_of_fd((u32)pointer_at((u64)regs, O_pt_regs_di)) & {kinds})")
        return f"\tif (clauses & {1 << bit}U && {' && '.join(tests) or '1'})\n\t\treturn 1;\n"

    def _function(self, body: list[str]) -> str:
        """Facts that several clauses ask for are read once, and only where one of the call's clauses asks."""

        def asking(attribute: str) -> int:
            return sum(1 << i for i, clause in enumerate(self._clauses) if getattr(clause, attribute) not in (None, frozenset()))

        named, users, contained = asking("comms"), asking("uids"), asking("containers")
        lines = [
            "static __always_inline int prefilter(u32 clauses, int has_fd, struct pt_regs *regs, long ret, u64 pid_tgid)\n{\n",
            "\tu64 names = 0, containers = 0;\n\tstruct users users = {};\n\tu32 known = 0;\n",
            "\tif (!clauses)\n\t\treturn 1;\n",
        ]
        if named and self.watches_names:
            lines.append(f"\tif (clauses & {named}U)\n\t\tnames = names_of_thread(pid_tgid);\n")
            if self.waits:
                lines.append("\tif (!names)\n\t\treturn 0;\n")
        elif named:
            lines.append("\tnames = ~0ULL;\n")
        if users:
            lines.append(f"\tif (clauses & {users}U)\n\t\tusers = users_of_task();\n")
        if contained:
            lines.append(f"\tif (clauses & {contained}U)\n\t\tcontainers = containers_of_task(pid_tgid >> 32, &known);\n")
        return "".join([*lines, *body, "\treturn 0;\n}\n"])

    # --- what the maps hold ---

    def start(self, loaded: Loaded) -> None:
        """Fill the maps, hook in where names are given and taken, and find the threads that are there. Raises LiveError."""
        plan = self._plan
        for i, number in enumerate(plan.numbers):
            loaded.map("filter_numbers").update(struct.pack("=I", i), struct.pack("=I", number))
        for test, numbers in plan.sets.items():
            for number in numbers:
                loaded.map("filter_sets").update(struct.pack("=Q", test << 32 | (number & 0xFFFFFFFF)), struct.pack("=I", 1))
        if not self.watches_names:
            return
        at = 0
        for names, bit in plan.names.items():
            for name in sorted(names):
                text = name.encode("utf-8", "surrogateescape")
                loaded.map("filter_names").update(struct.pack("=I", at), _NAME.pack(text, 1 << bit))
                at += 1
        for program, tracepoint in _HOOKS.items():
            loaded.attach_raw(program, tracepoint)
        self._find_threads(loaded)

    def _find_threads(self, loaded: Loaded) -> None:
        """Threads that have such a name already; what exec and fork have put there meanwhile is newer and stays."""
        wanted = {name.encode("utf-8", "surrogateescape"): 0 for names in self._plan.names for name in names}
        for names, bit in self._plan.names.items():
            for name in names:
                wanted[name.encode("utf-8", "surrogateescape")] |= 1 << bit
        watched = loaded.map("watched")
        count = 0
        for tid, comm in _threads():
            bits = wanted.get(comm)
            if bits and watched.lookup(struct.pack("=I", tid)) is None:
                loaded.map("watch_places").update(struct.pack("=I", tid % WATCH_PLACES), struct.pack("=Q", 1))
                watched.update(struct.pack("=I", tid), struct.pack("=Q", bits))
                count += 1
        loaded.map("watch").update(_FOUND, _WATCH.pack(count, 0))

    def present(self, loaded: Loaded) -> bool:
        """Whether a thread of a watched name is there."""
        watch = loaded.map("watch")
        (come, overflows), (found, _) = (_WATCH.unpack(watch.lookup(key) or bytes(_WATCH.size)) for key in (_COME, _FOUND))
        return bool(come + found > 0 or overflows > 0)

    def wait(self, loaded: Loaded, seconds: float) -> bool:
        """Whether a thread of a watched name has come, even if it is gone again, after waiting for one for so long at most."""
        return self.present(loaded) or bool(select.select([loaded.map("appeared").fd], [], [], seconds)[0])

    def forget_arrivals(self, loaded: Loaded) -> None:
        """Those that have come up to now are nothing to `wait` any more."""
        appeared = loaded.map("appeared")
        reader = RingReader(appeared.fd, appeared.entries)
        reader.count()
        reader.close()

    def learn_containers(self, loaded: Loaded) -> int:
        """Tell the kernel whose containers the cgroups are that it has met; until then their events pass. How many were told."""
        if not self._plan.containers or self._container_of is None:
            return 0
        verdicts = loaded.map("verdicts")
        count, keys, values = verdicts.entries_read()
        told = 0
        for key, (pid, known, _) in zip(_slices(keys, count, _IDS.size), _VERDICT.iter_unpack(values), strict=True):
            if known:
                continue
            container = self._container_of(pid)
            if container is None:
                verdicts.delete(key)  # somebody else there will tell
                continue
            passes = sum(1 << bit for (among, ids), bit in self._plan.containers.items() if (container in ids) == among)
            verdicts.update(key, _VERDICT.pack(pid, 1, passes))
            told += 1
        return told


def _of_thread(clause: Clause) -> Clause:
    """What a clause asks of the thread."""
    return replace(clause, failed=False, fd_kinds=None)


def has_fd(nr: int) -> bool:
    """Whether the kind of the descriptor in the first argument may be asked for."""
    return nr in _FD_NUMBERS


_FD_NUMBERS: Final = frozenset(row["nr"] for row in EVENT_TABLE["syscalls_x86_64"] if row["name"] in FD_CALLS)


def _slices(view: memoryview, count: int, size: int) -> Iterator[bytes]:
    for i in range(count):
        yield bytes(view[i * size : (i + 1) * size])


def _threads() -> Iterator[tuple[int, bytes]]:
    """Threads and their names, from /proc."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            tids = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for tid in tids:
            try:
                with open(f"/proc/{pid}/task/{tid}/comm", "rb") as file:
                    yield int(tid), file.read().removesuffix(b"\n")
            except OSError:
                continue
