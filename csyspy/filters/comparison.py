"""Filter checks with their meaning: fields bound, operators and constants checked against the types.

Rules: libs: userspace/libsinsp/{filter,filter_compare,sinsp_filtercheck}.cpp.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from csyspy.events import EVENT_TABLE
from csyspy.fields.binding import Bound, bind
from csyspy.fields.catalogue import SYSCALL, suggest
from csyspy.fields.errors import FieldError
from csyspy.fields.expr import FieldNode, TransformNode
from csyspy.filters.ast import Check, Value, ValueList
from csyspy.filters.errors import FilterError
from csyspy.filters.operators import GROUPS, NETS, group_of
from csyspy.filters.values import Constant, constant, hex_bytes

_ORDER: Final = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A check that makes sense: `left op modifier right`, where right is `constants` or the expression `other`, or neither (`exists`)."""

    check: Check
    left: Bound
    op: str
    modifier: str = ""
    constants: tuple[Constant, ...] = ()
    texts: tuple[Value, ...] = ()
    other: Bound | None = None

    @property
    def plain_field(self) -> str:
        """Name of the field on the left where it stands there without a transformer, else empty."""
        return self.left.field.field.name if isinstance(self.left.node, FieldNode) and self.left.field else ""


@cache
def known_event_types() -> frozenset[str]:
    """What evt.type may be compared with: names of events and of system calls."""
    return frozenset(event["name"] for event in EVENT_TABLE["events"]) | frozenset(EVENT_TABLE["ppm_sc"].values()) | former_names()


@cache
def former_names() -> frozenset[str]:
    """Names that sysdig 0.29.3 gave to system calls called otherwise today, `<unknown>` among them: old captures are shown with them."""
    today = EVENT_TABLE["ppm_sc"]
    former = {name for code, name in EVENT_TABLE["ppm_sc_0_29_3"].items() if name != today.get(code)}
    return frozenset(former.difference(event["name"] for event in EVENT_TABLE["events"]))


def analyse(check: Check, source: str = SYSCALL) -> Comparison:
    """Bind and check one filter check on events of `source`. Raises FilterError with the position of what is wrong."""
    left = _bound(check.left, source)
    op = "=" if check.op == "==" else check.op
    _check_operator(check, left, op)
    if check.right is None:
        return Comparison(check, left, op)
    if isinstance(check.right, Value | ValueList):
        values = (check.right,) if isinstance(check.right, Value) else check.right.values
        constants = tuple(_constant(value, left, op) for value in values)
        return Comparison(check, left, op, check.modifier, constants, values)
    other = _bound(check.right, source)
    _check_other(check, left, op, other, check.right)
    return Comparison(check, left, op, other=other)


def _bound(node: FieldNode | TransformNode, source: str) -> Bound:
    try:
        return bind(node, source)
    except FilterError:
        raise
    except FieldError as error:
        raise FilterError(error.message, error.position, error.end, error.hint, error.unknown) from None


def _check_operator(check: Check, left: Bound, op: str) -> None:
    group = group_of(left.type, left.is_list)
    if op not in GROUPS[group]:
        usable = ", ".join(word for word in _READABLE if word in GROUPS[group])
        kind = f"values of type {left.described}" if group in ("opaque", "list") else f"{group} values"
        hint = f"these do: {usable}"
        if group == "boolean":
            hint = "write = true or = false"
        raise FilterError(f"operator {check.op} does not compare {kind}", check.op_pos, check.op_pos + len(check.op), hint)
    if left.field is not None and left.field.field.name == "evt.around" and op != "=":
        raise FilterError("evt.around takes = only", check.op_pos, check.op_pos + len(check.op), "for example evt.around[TIME]=MS")


_READABLE: Final = (
    *("=", "!=", "<", "<=", ">", ">=", "in", "intersects", "exists", "contains", "icontains", "startswith", "endswith", "glob", "iglob"),
    *("regex", "pmatch", "bcontains", "bstartswith"),
)


def _constant(value: Value, left: Bound, op: str) -> Constant:
    try:
        if op in ("bcontains", "bstartswith"):
            return hex_bytes(value.text)
        name = left.field.field.name if left.field is not None and isinstance(left.node, FieldNode) else ""
        if name == "evt.type" and value.text not in known_event_types():
            near = suggest(value.text, sorted(known_event_types()))
            hint = f"did you mean {near}?" if near else "csyspy -L lists them"
            raise FieldError(f"unknown event type {value.text}", hint=hint, unknown=True)
        return constant(value.text, left.type)
    except FieldError as error:
        raise FilterError(error.message, value.pos, value.end, error.hint, error.unknown) from None


def _check_other(check: Check, left: Bound, op: str, other: Bound, node: FieldNode | TransformNode) -> None:
    """Whether two fields may be compared with each other."""
    if op in ("pmatch", "regex"):
        raise FilterError(f"operator {op} does not compare with another field", check.op_pos, check.op_pos + len(op))
    if left.type in NETS:
        raise FilterError("a network field cannot be compared with another field", node.pos, node.end)
    for side, bound in (("be compared with another field", left), ("stand on the right side", other)):
        if bound.field is not None and not bound.field.field.comparable_to_field:
            raise FilterError(f"field {bound.field.field.name} cannot {side}", bound.node.pos, bound.node.end)
    if (left.type, left.is_list) != (other.type, other.is_list):
        message = f"both sides must be of the same type: the left one is {left.described}, this one {other.described}"
        raise FilterError(message, node.pos, node.end)
