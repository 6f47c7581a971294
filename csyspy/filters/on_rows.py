"""A filter taken apart for sources that give rows instead of events: its conjuncts, and those that a row's values decide."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from csyspy.fields.errors import FieldError
from csyspy.filters.ast import And, Check, Identifier, Node, Not, Or
from csyspy.filters.comparison import analyse
from csyspy.filters.operators import group_of
from csyspy.filters.parser import parse
from csyspy.filters.render import render

RowValue = int | float | str | None
Test = Callable[[Mapping[str, RowValue]], bool]

_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXT: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "contains": lambda value, text: text in value,
    "icontains": lambda value, text: text.lower() in value.lower(),
    "startswith": str.startswith,
    "endswith": str.endswith,
}


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One part of a filter that has to hold beside the others."""

    text: str
    """In the normal form of csyspy.filters.render."""
    fields: frozenset[str]
    """What `test` looks at."""
    test: Test | None
    """Its verdict on a row (field name -> value); None where a row's values do not decide it."""


def conjuncts(text: str) -> list[Conjunct]:
    """The parts of a filter, nested ones included. Raises FilterError where it is none."""
    return [_conjunct(node) for node in _flat(parse(text))] if text.strip() else []


def _flat(node: Node) -> list[Node]:
    return [part for child in node.children for part in _flat(child)] if isinstance(node, And) else [node]


def _conjunct(node: Node) -> Conjunct:
    fields: set[str] = set()
    test = _test(node, fields)
    return Conjunct(render(node), frozenset(fields), test)


def _test(node: Node, fields: set[str]) -> Test | None:
    if isinstance(node, Identifier):
        return None
    if isinstance(node, Not):
        inner = _test(node.child, fields)
        return None if inner is None else lambda row: not inner(row)
    if isinstance(node, And | Or):
        tests = [_test(child, fields) for child in node.children]
        decided = [test for test in tests if test is not None]
        if len(decided) < len(tests):
            return None
        every = all if isinstance(node, And) else any
        return lambda row: every(test(row) for test in decided)
    return _check(node, fields)


def _check(node: Check, fields: set[str]) -> Test | None:
    """A comparison of a plain field with constants. As on events, what is missing compares with nothing."""
    try:
        comparison = analyse(node)
    except FieldError:
        return None  # whoever compiles the filter says what is wrong with it
    field, op = comparison.plain_field, comparison.op
    kind = group_of(comparison.left.type, comparison.left.is_list)
    if not field or getattr(node.left, "arg", None) is not None or comparison.other is not None or comparison.modifier:
        return None
    fields.add(field)
    if op == "exists":
        return lambda row: row.get(field) is not None
    constants: list[object] = [value.text for value in comparison.texts]
    if kind == "number":
        try:
            constants = [int(str(text), 0) for text in constants]
        except ValueError:
            return None
    elif kind != "string":
        return None
    if op == "in":
        among = frozenset(constants)
        return lambda row: row.get(field) in among and row.get(field) is not None
    if len(constants) != 1:
        return None
    constant = constants[0]
    if op in _ORDER:
        compare = _ORDER[op]
        return lambda row: (value := row.get(field)) is not None and compare(value, constant)
    if op in _TEXT and isinstance(constant, str):
        search = _TEXT[op]
        return lambda row: isinstance(value := row.get(field), str) and search(value, constant)
    return None
