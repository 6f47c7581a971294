"""The tree of a parsed filter. Offsets (`pos`, `end`) are characters of the filter text and play no part in equality."""

from dataclasses import dataclass
from dataclasses import field as _field

from csyspy.fields.expr import Expr, FieldNode, LiteralNode, TransformNode


@dataclass(frozen=True, slots=True)
class And:
    """True where all children are."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one child is."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where the child is not."""

    child: "Node"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A bare word: the name of a macro, which only a rule file can resolve."""

    name: str
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """One constant on the right side, unescaped; behind `in` it is the name of a list."""

    text: str
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ValueList:
    """Constants in parentheses."""

    values: tuple[Value, ...]
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Check:
    """`left op [modifier] right`; `right` is None for `exists`, an expression where another field is compared with.

    `val` tells that such a field was written as val(field).
    """

    left: FieldNode | TransformNode
    op: str
    right: Value | ValueList | FieldNode | TransformNode | None = None
    modifier: str = ""
    val: bool = _field(default=False)
    op_pos: int = _field(default=0, compare=False)


Node = And | Or | Not | Identifier | Check


def as_lists(node: "Node | Expr | Value | ValueList") -> list[object]:
    """The tree in the form of the conformance cases: `["and", x, …]`, `["check", op, left[, right]]` and so on."""
    if isinstance(node, And | Or):
        return ["and" if isinstance(node, And) else "or", *map(as_lists, node.children)]
    if isinstance(node, Not):
        return ["not", as_lists(node.child)]
    if isinstance(node, Identifier):
        return ["id", node.name]
    if isinstance(node, FieldNode):
        return ["field", node.name, node.arg] if node.arg else ["field", node.name]
    if isinstance(node, Value | LiteralNode):
        return ["val", node.text]
    if isinstance(node, ValueList):
        return ["list", [value.text for value in node.values]]
    if isinstance(node, TransformNode):
        return ["xform", node.name, *map(as_lists, node.args)]
    if not isinstance(node, Check):
        return ["list", [as_lists(item) for item in node.items]]
    op = f"{node.op} {node.modifier}" if node.modifier else node.op
    if node.right is None:
        return ["check", op, as_lists(node.left)]
    right = as_lists(node.right)
    return ["check", op, as_lists(node.left), ["xform", "val", right] if node.val else right]
