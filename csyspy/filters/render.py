"""Tree → filter text that parses back to the same tree."""

import re
from typing import Final

from csyspy.fields.expr import Expr, FieldNode, ListNode, LiteralNode
from csyspy.filters.ast import And, Check, Identifier, Node, Not, Or, Value, ValueList

_PLAIN: Final = re.compile(r"[^()\"' \t\b\n\v\f\r=,\\\[\]]+")
_PLAIN_ARG: Final = re.compile(r"[^\]\[\"' \t\b\n\v\f\r]+")
_ESCAPES: Final = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?")


def render(node: Node) -> str:
    """The filter as text."""
    return _node(node, top=True)


def _node(node: Node, top: bool = False) -> str:
    if isinstance(node, And | Or):
        word = " and " if isinstance(node, And) else " or "
        text = word.join(map(_node, node.children))
        return text if top else f"({text})"
    if isinstance(node, Not):
        inner = _node(node.child, top=True)
        return f"not {inner}" if isinstance(node.child, Check | Identifier) else f"not ({inner})"
    if isinstance(node, Identifier):
        return node.name
    return _check(node)


def _check(node: Check) -> str:
    left = expression(node.left)
    if node.right is None:
        return f"{left} exists"
    if isinstance(node.right, Value):
        if node.op in ("<", "<=", ">", ">="):
            right = node.right.text
        elif node.op in ("in", "intersects", "pmatch") or node.modifier:
            right = node.right.text  # the name of a list
        else:
            right = quote(node.right.text)
    elif isinstance(node.right, ValueList):
        right = f"({', '.join(quote(value.text) for value in node.right.values)})"
    else:
        right = expression(node.right)
        if node.val:
            right = f"val({right})"
    return " ".join(filter(None, (left, node.op, node.modifier, right)))


def expression(expr: Expr) -> str:
    """A field expression as text."""
    if isinstance(expr, FieldNode):
        return expr.name + _argument(expr.arg)
    if isinstance(expr, LiteralNode):
        return expr.text if _NUMBER.fullmatch(expr.text) else in_quotes(expr.text)
    if isinstance(expr, ListNode):
        return f"({', '.join(map(expression, expr.items))})"
    return f"{expr.name}({', '.join(map(expression, expr.args))})" + _argument(expr.arg)


def _argument(arg: str | None) -> str:
    if arg is None:
        return ""
    return f"[{arg}]" if _PLAIN_ARG.fullmatch(arg) else f"[{in_quotes(arg)}]"


def quote(value: str) -> str:
    """`value` as one may write it: bare where that is possible, else in double quotes."""
    bare = _PLAIN.fullmatch(value) and not value.startswith(("oneof", "anyof", "allof"))
    return value if bare else in_quotes(value)


def in_quotes(value: str) -> str:
    """`value` in double quotes. A backslash at its end is written in hex, for `\\\\"` would not close the string."""
    out = []
    for char in value:
        code = ord(char)
        if char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        else:
            out.append(char)
    text = "".join(out)
    return f'"{text[:-2]}\\x5c"' if value.endswith("\\") else f'"{text}"'
