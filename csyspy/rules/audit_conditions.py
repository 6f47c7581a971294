"""Conditions on Kubernetes audit events: trees → functions that say whether one is true for an event.

The values are compared by the engine's own matchers, so that operators mean the same here as on system calls. Audit events are few
and are JSON already, so what walks the tree is plain Python.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final

from csyspy.engine.program import matches_number, matches_text
from csyspy.fields.binding import Bound
from csyspy.fields.catalogue import K8S_AUDIT
from csyspy.fields.expr import FieldNode, ListNode, LiteralNode, TransformNode
from csyspy.fields.getopt import concat, join, option_reader
from csyspy.filters.ast import And, Check, Identifier, Node, Or
from csyspy.filters.comparison import Comparison, analyse
from csyspy.filters.matchers import matcher
from csyspy.filters.operators import group_of
from csyspy.rules.audit_fields import AuditEvent, Extract, Value, extractor

Test = Callable[[AuditEvent], bool]


def condition(node: Node) -> Test:
    """The test of a resolved condition. Raises FilterError where it does not fit audit events."""
    if isinstance(node, And | Or):
        tests = [condition(child) for child in node.children]
        every = all if isinstance(node, And) else any
        return lambda event: every(test(event) for test in tests)
    if isinstance(node, Check):
        return _check(analyse(node, K8S_AUDIT))
    if isinstance(node, Identifier):
        raise ValueError(f"the macro {node.name} is not resolved")
    inner = condition(node.child)
    return lambda event: not inner(event)


def _check(comparison: Comparison) -> Test:
    """A comparison; it is false where a field has no value, and for a list of values as its operator says."""
    left, op = expression(comparison.left), comparison.op
    if op == "exists":
        return lambda event: left(event) is not None
    if comparison.other is not None:
        right = expression(comparison.other)
        return lambda event: _compare(left(event), op, right(event))
    if comparison.left.is_list:
        among = frozenset(value.text for value in comparison.texts)
        every = all if op == "in" else any
        return lambda event: isinstance(values := left(event), list) and bool(values) and every(value in among for value in values)
    test = matcher(comparison)
    if group_of(comparison.left.type, False) == "number":
        return lambda event: isinstance(value := left(event), int) and matches_number(test, value)
    return lambda event: (value := left(event)) is not None and matches_text(test, str(value).encode("utf-8", "surrogateescape"))


_ORDER: Final[dict[str, Callable[[str | int, str | int], bool]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
    "contains": lambda a, b: str(b) in str(a),
    "icontains": lambda a, b: str(b).lower() in str(a).lower(),
    "startswith": lambda a, b: str(a).startswith(str(b)),
    "endswith": lambda a, b: str(a).endswith(str(b)),
}


def _compare(left: Value, op: str, right: Value) -> bool:
    """Two fields with each other."""
    if left is None or right is None:
        return False
    if op in ("in", "intersects"):
        many, among = _many(left), set(_many(right))
        return bool(many) and (all if op == "in" else any)(value in among for value in many)
    if isinstance(left, list) or isinstance(right, list):
        return False
    return op in _ORDER and _ORDER[op](left, right)


def _many(value: Value) -> Sequence[str | int]:
    return value if isinstance(value, list) else [] if value is None else [value]


def expression(bound: Bound) -> Extract:
    """What gives the value of a field or a transformer in an event."""
    node = bound.node
    if isinstance(node, FieldNode):
        assert bound.field is not None
        return extractor(bound.field)
    if isinstance(node, LiteralNode):
        return lambda event: bound.text
    parts = [expression(arg) for arg in bound.args]
    if isinstance(node, ListNode):
        return lambda event: [str(item) for item in (part(event) for part in parts) if item is not None]
    return _transformed(node, parts)


def _transformed(node: TransformNode, parts: list[Extract]) -> Extract:
    if node.name == "len":
        return lambda event: _length(parts[0](event))
    if node.name in _CHANGES:
        change = _CHANGES[node.name]
        return lambda event: _changed(change, parts[0](event))
    combine: Callable[..., list[bytes] | bytes | None] = join if node.name == "join" else concat
    if node.name == "getopt":
        combine = option_reader(node.arg.encode() if node.arg is not None else None)

    def combined(event: AuditEvent) -> Value:
        values = [part(event) for part in parts]
        if any(value is None for value in values):
            return None
        found = combine(*([_encode(item) for item in _many(value)] for value in values))
        if isinstance(found, list):
            return [_decode(item) for item in found]
        return _decode(found) if found is not None else None

    return combined


def _encode(value: str | int) -> bytes:
    return str(value).encode("utf-8", "surrogateescape")


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _length(value: Value) -> Value:
    if value is None:
        return None
    return len(value) if isinstance(value, list) else len(_encode(value))


def _changed(change: Callable[[str], str | None], value: Value) -> Value:
    if isinstance(value, list):
        return [text for text in map(change, value) if text is not None]
    return change(str(value)) if value is not None else None


def _from_base64(text: str) -> str | None:
    raw = _encode(text)
    try:
        return _decode(base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True))
    except (binascii.Error, ValueError):
        return None


def _fold(text: str, upper: bool) -> str:
    """ASCII letters only, as the engine does."""
    raw = _encode(text)
    return _decode(raw.upper() if upper else raw.lower())


_CHANGES: Final[dict[str, Callable[[str], str | None]]] = {
    "tolower": lambda text: _fold(text, upper=False),
    "toupper": lambda text: _fold(text, upper=True),
    "basename": lambda text: text.rpartition("/")[2],
    "b64": _from_base64,
}
