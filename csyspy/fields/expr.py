"""Field expressions: a field, a literal, or transformers over them, as `-p` formats and both sides of a filter check use them.

`pos` and `end` are character offsets into the text that was parsed; they play no part in equality.
"""

from dataclasses import dataclass
from dataclasses import field as _field


@dataclass(frozen=True, slots=True)
class FieldNode:
    """`name` or `name[arg]`; `arg` is unescaped."""

    name: str
    arg: str | None = None
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LiteralNode:
    """A quoted string or a number among the arguments of a transformer."""

    text: str
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ListNode:
    """A parenthesised list among the arguments of a transformer."""

    items: tuple["Expr", ...]
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class TransformNode:
    """`name(args)` or `name(args)[arg]`."""

    name: str
    args: tuple["Expr", ...]
    arg: str | None = None
    pos: int = _field(default=0, compare=False)
    end: int = _field(default=0, compare=False)


Expr = FieldNode | LiteralNode | ListNode | TransformNode


def fields_of(expr: Expr) -> list[FieldNode]:
    """All fields of an expression, from left to right."""
    if isinstance(expr, FieldNode):
        return [expr]
    if isinstance(expr, LiteralNode):
        return []
    parts = expr.items if isinstance(expr, ListNode) else expr.args
    return [node for part in parts for node in fields_of(part)]
