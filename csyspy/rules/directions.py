"""Which of the two events of a system call rules are asked about."""

from collections.abc import Iterable
from functools import cache
from typing import Final, Literal

from csyspy.events import EVENT_TABLE
from csyspy.fields.expr import FieldNode, TransformNode, fields_of
from csyspy.filters.ast import And, Check, Node, Not, Or
from csyspy.rules.engine_version import parse

Directions = Literal["auto", "once", "exit", "all"]
"""Exit events only, all events, or what the rules call for: `auto` as Falco does it, `once` so that no call can fire a rule twice."""

FIRST_WITHOUT_ENTER: Final = (0, 57, 0)
"""The rule engine (Falco 0.42) from which on there are no enter events: rules that ask for it are written for exit events
(falco: userspace/engine/falco_load_result.cpp, the deprecation of evt.dir)."""

_DIRECTION: Final = "evt.dir"
_UNUSED: Final = 64  # EF_UNUSED


def exit_only(directions: Directions, conditions: Iterable[Node], required_engine: str = "") -> bool:
    """Whether rules see exit events only (and enter events that have none).

    `conditions` are all that were loaded, `required_engine` what the rule files ask for. Left alone (`auto`), rules see exit
    events only where nothing mentions evt.dir and they are of the time without enter events: docs/decisions/003.
    """
    if directions in ("exit", "all"):
        return directions == "exit"
    modern = directions == "once" or (parse(required_engine) or (0, 0, 0)) >= FIRST_WITHOUT_ENTER
    return modern and not mentions_direction(conditions)


def mentions_direction(trees: Iterable[Node]) -> bool:
    """Whether any of the conditions tells enter events from exit events."""
    todo, seen = list(trees), set[int]()  # rules share the trees of their macros
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, And | Or):
            todo += each.children
        elif isinstance(each, Not):
            todo.append(each.child)
        elif isinstance(each, Check):
            sides = [side for side in (each.left, each.right) if isinstance(side, FieldNode | TransformNode)]
            if any(field.name == _DIRECTION for side in sides for field in fields_of(side)):
                return True
    return False


@cache
def exits_and_singles() -> int:
    """Event ids (as bits) of exit events, and of enter events that no exit event follows: switch, procexit, container and so on."""
    used = {event["id"]: not event["flags_value"] & _UNUSED for event in EVENT_TABLE["events"]}
    ids = [event_id for event_id in used if event_id & 1 or not used.get(event_id + 1, False)]
    return sum(1 << event_id for event_id in ids)
