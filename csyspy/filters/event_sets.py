"""Which events a filter can possibly be true for, judged by its conditions on the event type alone.

Each node gets two sets: where it can be true and where it can be false; `not` swaps them, so that a condition on anything else, which
leaves both open, stays open inside a `not` (libs: userspace/libsinsp/filter/ppm_codes.cpp).
Rules are indexed by these sets, live capture attaches by them, and the engine skips events by them.
"""

import operator
import re
from collections.abc import Callable
from functools import cache, reduce
from typing import Final, TypeVar

from csyspy.events import EVENT_TABLE
from csyspy.fields.expr import FieldNode
from csyspy.filters.ast import And, Check, Node, Not, Or, Value, ValueList

Set = frozenset[str]
S = TypeVar("S", frozenset[str], int)
"""A set: of names, or of event ids as the bits of a number."""
_TESTS: Final = ("=", "==", "!=", "in")
_TYPE: Final = FieldNode("evt.type")
_NUMBER: Final = FieldNode("evt.num")


def system_calls(node: Node) -> Set:
    """Names of the system calls that the filter can be true for."""
    return _possible(node, _all_calls(), _calls_of)[0]


def verdicts_by_call(check: Check) -> tuple[Set, Set]:
    """Names of the system calls that a check on the event type can be true for, and those that it can be false for."""
    return _possible(check, _all_calls(), _calls_of)


def event_names(node: Node) -> Set:
    """Names of the events that the filter can be true for."""
    every = frozenset(event["name"] for event in EVENT_TABLE["events"]) | _all_calls()
    return _possible(node, every, lambda name: frozenset({name}))[0]


def event_ids(node: Node) -> int:
    """Ids of the events that the filter can be true for, as bits (libs: ppm_codes.cpp, ppm_event_codes())."""
    return _possible(node, _all_ids(), _ids_of)[0]


def verdict_by_number(check: Check) -> bool | None:
    """The verdict of a check on the event's number that is the same for all, since events are numbered from 1; None for other checks.

    The public rules write `never_true` and `always_true` so (libs: ppm_codes.cpp, evaluate_field_invariant())."""
    values = check.right.values if isinstance(check.right, ValueList) else (check.right,)
    if check.left != _NUMBER or check.modifier or not all(isinstance(value, Value) and value.text == "0" for value in values):
        return None
    return {"=": False, "==": False, "<": False, "<=": False, ">": True, ">=": True, "!=": True, "in": False}.get(check.op)


def _possible(node: Node, every: S, set_of: Callable[[str], S]) -> tuple[S, S]:
    if isinstance(node, And | Or):
        pairs = [_possible(child, every, set_of) for child in node.children]
        narrow, widen = (0, 1) if isinstance(node, And) else (1, 0)
        common: S = reduce(operator.and_, (pair[narrow] for pair in pairs))
        union: S = reduce(operator.or_, (pair[widen] for pair in pairs))
        return (common, union) if isinstance(node, And) else (union, common)
    if isinstance(node, Not):
        true, false = _possible(node.child, every, set_of)
        return false, true
    if not isinstance(node, Check):
        return every, every
    always = verdict_by_number(node)
    if always is not None:
        return (every, every ^ every) if always else (every ^ every, every)
    if node.left == _TYPE and not node.modifier:
        if node.op == "exists":
            return every, every ^ every
        if node.op in _TESTS and isinstance(node.right, Value | ValueList):
            texts = [node.right.text] if isinstance(node.right, Value) else [value.text for value in node.right.values]
            named: S = reduce(operator.or_, map(set_of, texts), every ^ every) & every
            return (every ^ named, named) if node.op == "!=" else (named, every ^ named)
    return every, every


@cache
def _all_calls() -> Set:
    return frozenset(name for code, name in EVENT_TABLE["ppm_sc"].items() if int(code))


def _family(enum: str) -> str:
    """What the versions of an event have in common: PPME_SOCKET_ACCEPT4 of PPME_SOCKET_ACCEPT4_6_E."""
    return re.sub(r"(_[0-9]+)?_[EX]$", "", enum)


@cache
def _calls_by_event() -> dict[str, Set]:
    """Event name -> the system calls that make such events, or made older versions of them (old accept4 events are called accept)."""
    events = {event["id"]: event for event in EVENT_TABLE["events"]}
    codes = {int(code): name for code, name in EVENT_TABLE["ppm_sc"].items()}
    calls: dict[str, set[str]] = {}
    for row in EVENT_TABLE["syscalls_x86_64"]:
        for event_id in (row["enter"], row["exit"]):
            if events[event_id]["name"] != "syscall":
                calls.setdefault(_family(events[event_id]["enum"]), set()).add(codes[row["ppm_sc"]])
    found: dict[str, set[str]] = {}
    for event in events.values():
        found.setdefault(event["name"], set()).update(calls.get(_family(event["enum"]), ()))
    return {name: frozenset(names) for name, names in found.items() if names}


def _calls_of(name: str) -> Set:
    by_event = _calls_by_event()
    if name in by_event:
        return by_event[name]
    return frozenset({name}) & _all_calls()


@cache
def _ids_by_name() -> dict[str, int]:
    found: dict[str, int] = {}
    for event in EVENT_TABLE["events"]:
        found[event["name"]] = found.get(event["name"], 0) | 1 << event["id"]
    return found


@cache
def _all_ids() -> int:
    return reduce(operator.or_, _ids_by_name().values())


def _ids_of(name: str) -> int:
    """Events of this name; those of all system calls without events of their own for the name of one of them."""
    return _ids_by_name().get(name, 0) or (_ids_by_name()["syscall"] if name in _all_calls() else 0)
