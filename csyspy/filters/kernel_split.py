"""A filter split in two: what the kernel can decide before anything is copied, and the whole filter again in the engine.

The kernel's part is a set of clauses (csyspy.events.kernel_filter) for each system call that the filter can be true for. It never
refuses what the filter accepts: a check that the kernel cannot decide exactly, or of which it cannot decide the opposite, counts as true.
Names are those that a process was executed or forked with, since that is what proc.name tells, also after prctl(PR_SET_NAME).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from csyspy.events.kernel_filter import FD_CALLS, MAX_CLAUSES, Clause, KernelFilter
from csyspy.fields.expr import FieldNode, TransformNode, fields_of
from csyspy.filters.ast import And, Check, Node, Not, Or, Value, ValueList
from csyspy.filters.event_sets import system_calls, verdict_by_number, verdicts_by_call
from csyspy.filters.lower import is_stateful
from csyspy.filters.render import render

COMM_BYTES: Final = 15
FD_KINDS: Final = {
    "file": "file",
    "directory": "file",
    "ipv4": "socket",
    "ipv6": "socket",
    "unix": "socket",
    "netlink": "socket",
    "pipe": "pipe",
}
"""fd.type -> kind of the descriptor, as its inode tells; all others are ``other``."""
TRUE: Final = (Clause(),)
FALSE: Final[tuple[Clause, ...]] = ()
_COUNTING: Final = ("evt.num", "evt.reltime", "evt.reltime.s", "evt.reltime.ns", "util.cnt")
_TYPE_FIELDS: Final = ("evt.type",)


def split(node: Node) -> KernelFilter:
    """The kernel's part of a filter. Raises nothing: what is not understood is left to the engine."""
    if _counts_events(node):
        return KernelFilter(TRUE, dict.fromkeys(system_calls(Check(FieldNode("evt.type"), "exists")), 1), tuple(map(render, checks(node))))
    calls = system_calls(node)
    by_call: dict[str, tuple[Clause, ...]] = {}
    known: dict[tuple[object, ...], tuple[Clause, ...]] = {}
    types = {check: verdicts_by_call(check) for check in checks(node) if _is_type(check)}
    for call in sorted(calls):
        # Calls that all checks on the type treat alike have the same clauses.
        alike = (call in FD_CALLS, *((call in true, call in false) for true, false in types.values()))
        if alike not in known:
            known[alike] = _Split(types, call).clauses(node, True)
        if known[alike]:
            by_call[call] = known[alike]
    left = tuple(dict.fromkeys(render(check) for check in checks(node) if not _decides_exactly(check)))
    numbers: dict[Clause, int] = {}
    for clauses in by_call.values():
        for clause in clauses:
            numbers.setdefault(clause, len(numbers))
    if len(numbers) > MAX_CLAUSES:
        return KernelFilter(TRUE, dict.fromkeys(by_call, 1), left)
    return KernelFilter(tuple(numbers), {call: sum(1 << numbers[clause] for clause in clauses) for call, clauses in by_call.items()}, left)


def _counts_events(node: Node) -> bool:
    """Whether the verdict on an event depends on how many came before it, so that none may be left out."""
    asked = [check for check in checks(node) if verdict_by_number(check) is None and isinstance(check.left, FieldNode | TransformNode)]
    return is_stateful(node) or any(field.name in _COUNTING for check in asked for field in fields_of(check.left))


def union(filters: Iterable[KernelFilter]) -> KernelFilter:
    """What passes one of several filters: those of the rules of a set."""
    numbers: dict[Clause, int] = {}
    calls: dict[str, int] = {}
    left: dict[str, None] = {}
    for one in filters:
        left.update(dict.fromkeys(one.left))
        places = [numbers.setdefault(clause, len(numbers)) for clause in one.clauses]
        for call, mask in one.calls.items():
            calls[call] = calls.get(call, 0) | sum(1 << place for i, place in enumerate(places) if mask >> i & 1)
    clauses = tuple(numbers)
    if Clause() in numbers:  # where everything passes, nothing else need be asked
        everything = 1 << numbers[Clause()]
        calls = {call: everything if mask & everything else mask for call, mask in calls.items()}
    if len(clauses) > MAX_CLAUSES:
        return KernelFilter(TRUE, dict.fromkeys(calls, 1), tuple(left))
    return KernelFilter(clauses, calls, tuple(left))


def explain(node: Node) -> list[str]:
    """What the kernel decides and what is left, line by line, for `--explain-filter`."""
    found = split(node)
    if not found.calls:
        return ["The filter can be true for no system call; switches, signals and page faults are captured where it names them."]
    lines = ["Decided in the kernel, before anything is copied:"]
    by_mask: dict[int, list[str]] = {}
    for call, mask in sorted(found.calls.items()):
        by_mask.setdefault(mask, []).append(call)
    for mask, calls in by_mask.items():
        which = f"{len(calls)} system calls ({', '.join(calls[:4])}, …)" if len(calls) > 8 else ", ".join(calls)
        tests = " | ".join(clause.describe() for i, clause in enumerate(found.clauses) if mask >> i & 1)
        lines.append(f"  {which}: {tests}")
    if found.watches_names_only:
        lines.append("  While no process of that name is there, only execs and forks are hooked.")
    lines.append("Captured all the same, for names and files: exec, clone, exit, and calls that open, close or move descriptors.")
    lines.append(f"Left to the engine, which asks the whole filter again: {'; '.join(found.left) if found.left else 'nothing else'}")
    return lines


def checks(node: Node) -> list[Check]:
    """All checks of a tree."""
    if isinstance(node, And | Or):
        return [check for child in node.children for check in checks(child)]
    if isinstance(node, Not):
        return checks(node.child)
    return [node] if isinstance(node, Check) else []


def _any(parts: Iterable[tuple[Clause, ...]]) -> tuple[Clause, ...]:
    found = dict.fromkeys(clause for part in parts for clause in part)
    return TRUE if Clause() in found or len(found) > MAX_CLAUSES else tuple(found)


def _all(parts: Iterable[tuple[Clause, ...]]) -> tuple[Clause, ...]:
    found: tuple[Clause, ...] = TRUE
    for part in parts:
        if len(found) * len(part) > MAX_CLAUSES:  # the narrower one alone is right too, and small
            found = min(found, part, key=len)
            continue
        found = _any([tuple(both for one in found for other in part if (both := _both(one, other)) is not None)])
        if not found:
            return FALSE
    return found


def _both(one: Clause, other: Clause) -> Clause | None:
    """The tests of two clauses together; None where they cannot both hold."""
    merged = {}
    for name in ("comms", "pids", "tids", "uids", "fd_kinds"):
        a, b = getattr(one, name), getattr(other, name)
        # A process has had more than one name, and has two uids: different ones do not exclude each other.
        if a is not None and b is not None and name not in ("comms", "uids"):
            merged[name] = a & b
            if not merged[name]:
                return None
        else:
            merged[name] = a if b is None else b if a is None else min(a, b, key=len)
    return Clause(failed=one.failed or other.failed, containers=one.containers | other.containers, **merged)


def _is_type(check: Check) -> bool:
    return isinstance(check.left, FieldNode) and check.left.name in _TYPE_FIELDS and not check.left.arg


def _decides_exactly(check: Check) -> bool:
    """Whether nothing of the check is left: where the type decides, or the id of the thread."""
    return _is_type(check) or verdict_by_number(check) is not None or (_name(check) == "thread.tid" and _texts(check) is not None)


def _name(check: Check) -> str:
    return check.left.name if isinstance(check.left, FieldNode) and not check.left.arg else ""


def _texts(check: Check) -> list[str] | None:
    """The values of `field = value` and `field in (values)`; None for every other form."""
    if check.modifier or check.op not in ("=", "==", "in"):
        return None
    if isinstance(check.right, Value):
        return [check.right.text]
    return [value.text for value in check.right.values] if isinstance(check.right, ValueList) else None


class _Split:
    """The clauses of a tree for one system call; `types` has the verdicts of its checks on the event type."""

    def __init__(self, types: Mapping[Check, tuple[frozenset[str], frozenset[str]]], call: str) -> None:
        self._types = types
        self._call = call

    def clauses(self, node: Node, wanted: bool) -> tuple[Clause, ...]:
        """Clauses of which one holds whenever the node can be `wanted`."""
        if isinstance(node, Not):
            return self.clauses(node.child, not wanted)
        if isinstance(node, And | Or):
            parts = [self.clauses(child, wanted) for child in node.children]
            return _all(parts) if isinstance(node, And) is wanted else _any(parts)
        if not isinstance(node, Check):
            return TRUE
        same = verdict_by_number(node)
        if same is not None:
            return TRUE if same is wanted else FALSE
        if node in self._types:
            true, false = self._types[node]
            return TRUE if self._call in (true if wanted else false) else FALSE
        return _leaf(node, wanted, self._call)


def _leaf(check: Check, wanted: bool, call: str) -> tuple[Clause, ...]:
    name, texts = _name(check), _texts(check)
    if name == "container.id":
        return _container(check, wanted)
    if not wanted or check.right is None:
        return TRUE
    if name == "evt.rawres" and check.op in ("<", "<=") and _is_negative_bound(check):
        return (Clause(failed=True),)
    if texts is None:
        return TRUE
    if name == "proc.name":
        return (Clause(comms=frozenset(_comm(text) for text in texts)),)
    if name in ("proc.pid", "thread.tid", "user.uid"):
        numbers = [_number(text) for text in texts]
        if any(number is None for number in numbers):
            return TRUE
        values = frozenset(number for number in numbers if number is not None)
        return (Clause(pids=values) if name == "proc.pid" else Clause(tids=values) if name == "thread.tid" else Clause(uids=values),)
    if name == "evt.failed" and texts == ["true"]:
        return (Clause(failed=True),)
    if name == "evt.res" and all(text.startswith("E") for text in texts):
        return (Clause(failed=True),)
    if name == "fd.type" and call in FD_CALLS:
        return (Clause(fd_kinds=frozenset(FD_KINDS.get(text, "other") for text in texts)),)
    return TRUE


def _container(check: Check, wanted: bool) -> tuple[Clause, ...]:
    """The cgroups of a task tell its container, whichever way the check is asked."""
    texts = _texts(check)
    among = wanted
    if texts is None and check.op == "!=" and isinstance(check.right, Value) and not check.modifier:
        texts, among = [check.right.text], not wanted
    if texts is None:
        return TRUE
    return (Clause(containers=frozenset({(among, frozenset(texts))})),)


def _is_negative_bound(check: Check) -> bool:
    """`< 0`, `<= -1` and the like: true for errors only."""
    number = _number(check.right.text) if isinstance(check.right, Value) else None
    return number is not None and (number <= 0 if check.op == "<" else number < 0)


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _comm(text: str) -> str:
    """A name as the kernel keeps it."""
    return text.encode("utf-8", "surrogateescape")[:COMM_BYTES].decode("utf-8", "surrogateescape")
