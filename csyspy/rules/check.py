"""Conditions and outputs checked: fields, operators and values, as the filter language has them."""

from dataclasses import dataclass, field
from typing import Final

from csyspy.fields.errors import FieldError
from csyspy.fields.expr import FieldNode, TransformNode, fields_of
from csyspy.fields.formats import parse_format
from csyspy.filters.advice import advise
from csyspy.filters.ast import And, Check, Node, Not, Or, Value, ValueList
from csyspy.filters.comparison import analyse
from csyspy.rules.composed import Composed
from csyspy.rules.model import SYSCALL
from csyspy.rules.trees import Origins

_NO_VALUE: Final = "<NA>"
_UNSAFE_FIELDS: Final = ("ka.", "jevt.")
_NOT_ABOUT_FIELDS: Final = ("an output format cannot end", "the output format is empty")
_TYPE_TESTS: Final = ("=", "==", "!=", "in", "exists")
DEPRECATED: Final = {
    "evt.dir": "there are no enter events any more: `evt.dir = <` is always true, `evt.dir = >` never",
    **dict.fromkeys(
        ("evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"),
        "it has no value any more, since there are no enter events",
    ),
}
"""Field -> what became of it with the engine of Falco 0.42 (falco: userspace/engine/falco_load_result.cpp)."""
_EQUALITY: Final = ("=", "==", "!=", "in", "intersects", "pmatch")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the characters from `position` on of a text."""

    message: str
    text: Composed
    position: int
    hint: str = ""
    unknown: bool = False
    """It is an error about a field or an event type that does not exist."""


@dataclass(slots=True)
class Findings:
    """What a condition gives rise to; `error` is the first one."""

    warnings: list[Remark] = field(default_factory=list)
    error: Remark | None = None
    compares_na: bool = False
    """A field of an audit event is compared with `<NA>`."""
    deprecated: set[str] = field(default_factory=set)
    """Those of DEPRECATED that it asks for."""

    def add(self, other: "Findings") -> None:
        """Take over what was found in a part."""
        self.warnings += other.warnings
        self.error = self.error or other.error
        self.compares_na |= other.compares_na
        self.deprecated |= other.deprecated


class ConditionChecker:
    """Checks trees; those of macros, which many rules share, once."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._known: dict[tuple[int, str], Findings] = {}

    def check(self, node: Node, text: Composed, source: str) -> Findings:
        """What is wrong or odd about a condition on events of `source`; positions in `node` mean `text`."""
        origin = self._origins.of(node)
        if origin is None:
            return self._check(node, text, source)
        key = (id(node), source)
        if key not in self._known:
            self._known[key] = self._check(node, origin, source)
        return self._known[key]

    def _check(self, node: Node, text: Composed, source: str) -> Findings:
        found = Findings()
        if isinstance(node, And | Or):
            for child in node.children:
                found.add(self.check(child, text, source))
        elif isinstance(node, Not):
            found.add(self.check(node.child, text, source))
        elif isinstance(node, Check):
            try:
                warnings = advise(analyse(node, source))
            except FieldError as error:
                found.error = Remark(error.message, text, error.position, error.hint, error.unknown)
            else:
                if source == SYSCALL and (problem := _unindexable(node)):
                    found.error = Remark(problem, text, node.left.pos)
                found.warnings += [Remark(warning.message, text, warning.position) for warning in warnings]
            found.compares_na = _compares_na(node)
            asked = (node.left,) if isinstance(node.left, FieldNode) else fields_of(node.left)
            found.deprecated.update(field.name for field in asked if field.name in DEPRECATED)
        return found


def _unindexable(check: Check) -> str:
    """Why the event types of a rule cannot be told from a check on evt.type; empty where they can (libs: filter/ppm_codes.cpp)."""
    if check.op not in _TYPE_TESTS or not any(field.name == "evt.type" for field in fields_of(check.left)):
        return ""
    if isinstance(check.left, TransformNode):
        return "a rule cannot ask for a changed evt.type: its event types would not be known"
    if isinstance(check.right, FieldNode | TransformNode):
        return "a rule cannot compare evt.type with another field: its event types would not be known"
    return ""


def _compares_na(check: Check) -> bool:
    if not isinstance(check.left, FieldNode) or not check.left.name.startswith(_UNSAFE_FIELDS) or check.op not in _EQUALITY:
        return False
    if isinstance(check.right, ValueList):
        return any(value.text == _NO_VALUE for value in check.right.values)
    return isinstance(check.right, Value) and check.right.text == _NO_VALUE


def check_output(output: Composed, source: str) -> Remark | None:
    """What is wrong with the output of a rule; None where nothing is."""
    try:
        parse_format(output.text, source)
    except FieldError as error:
        # whatever stands behind a % and is no field counts as one that does not exist (libs: eventformatter.cpp)
        return Remark(error.message, output, error.position, error.hint, not error.message.startswith(_NOT_ABOUT_FIELDS))
    return None
